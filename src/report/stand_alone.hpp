#pragma once

#include <array>
#include <string>
#include <string_view>

#include "svg.hpp"

/// Pictures that are files of their own bring their style along: it stands here once.
namespace bellwether::report {

/// Colours that the colour-blind tell apart (Okabe & Ito 2008).
constexpr std::array<std::string_view, 6> kColours = {"#0072b2", "#d55e00", "#009e73",
                                                      "#cc79a7", "#e69f00", "#56b4e9"};

/// The picture with its style: words, `.title`, `.axis`, `.grid` and curves (`.c`) as in all such pictures.
/// @param own  rules for the classes that only this kind of picture has
/// @tested tests/report/stand_alone_test.cpp
[[nodiscard]] std::string stand_alone(const Svg& svg, double height, std::string_view own);

}  // namespace bellwether::report

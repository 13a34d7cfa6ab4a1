#pragma once

#include <mstch/mstch.hpp>

#include "bellwether/report/review.hpp"

#include "view.hpp"

namespace bellwether::report {

/// @param picture  SVG of our own making; "" = none
/// @param with_state  name the machine's state behind the title (a patient page mixes them)
[[nodiscard]] mstch::map node_of(const AlertView& view, std::string picture, bool with_state);
[[nodiscard]] mstch::map node_of(const OptionView& view);
/// What the head and the foot of every document need.
[[nodiscard]] mstch::map frame_of(const std::string& title, const std::string& banner,
                                  const std::string& basis, const std::vector<std::string>& cautions);
/// A table row: {"cells": [...]}.
[[nodiscard]] mstch::map row_of(const std::vector<std::string>& cells);
[[nodiscard]] std::string write(const char* document, const mstch::map& root);

}  // namespace bellwether::report

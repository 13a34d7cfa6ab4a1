#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace bellwether::record_detail {

/// One row per enumerator and its word, so that writing and reading cannot drift apart.
template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

template <class E, std::size_t N>
std::string_view word(const Names<E, N>& names, E value) {
    for (const auto& [e, text] : names)
        if (e == value) return text;
    return "";
}

template <class E, std::size_t N>
std::optional<E> value(const Names<E, N>& names, std::string_view word) {
    for (const auto& [e, text] : names)
        if (text == word) return e;
    return std::nullopt;
}

}  // namespace bellwether::record_detail

#pragma once

#include "bellwether/core/yaml.hpp"

namespace bellwether::yaml {

/// How a scalar stands in the file: decides how its bytes are found there again.
enum class Style { plain, single_quoted, double_quoted, block };

/// The text of the file with its lines, to find the place of a byte. Columns count characters, not bytes.
struct Source {
    std::string file, text;
    std::vector<std::size_t> line_starts;  ///< byte offset of each line

    Source(std::string_view bytes, std::string name);
    [[nodiscard]] std::string_view line(std::size_t index) const;  ///< from 0, without its line end
    [[nodiscard]] Location at(std::size_t offset) const;
    /// yaml-cpp's line and column (from 0, bytes) as an offset into `text`.
    [[nodiscard]] std::size_t offset(int line, int column) const;
};

struct Node::Data {
    Kind kind = Kind::null;
    Location at;
    std::string scalar;
    Style style = Style::plain;
    std::size_t begin = 0;  ///< offset in the file of the scalar's text (block: of its first line's start)
    std::shared_ptr<const Source> source;
    std::vector<Node> children;
    std::vector<std::string> keys;
    std::vector<Location> key_places;
};

/// Offset in the file of the n-th byte of the scalar's text.
[[nodiscard]] std::size_t offset_of(const Node::Data& scalar, std::size_t n);

}  // namespace bellwether::yaml

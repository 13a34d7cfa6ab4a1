#pragma once

#include <string>
#include <vector>

namespace bellwether::report::sample {

/// Reads a document as XML would, written apart from the code that makes it: "" when every tag is closed in
/// order, every attribute quoted and every & starts an entity; else what is wrong.
[[nodiscard]] std::string defect_of(const std::string& document);

[[nodiscard]] std::size_t occurrences(const std::string& text, const std::string& word);
/// The lines that hold a word.
[[nodiscard]] std::vector<std::string> lines_with(const std::string& text, const std::string& word);

}  // namespace bellwether::report::sample

#pragma once

#include <string>
#include <string_view>

namespace bellwether::rulebook {

/// "text" with its quotes, escaped as RFC 8259 asks; UTF-8 stays as it is.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace bellwether::rulebook

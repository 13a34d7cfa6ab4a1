#include "stand_alone.hpp"

#include <fmt/format.h>

namespace bellwether::report {

std::string stand_alone(const Svg& svg, double height, std::string_view own) {
    constexpr std::string_view common =
        "text{font:12px sans-serif;fill:#333}.title{font-weight:bold}.axis{stroke:#333}.grid{stroke:#ddd}"
        ".c{fill:none;stroke-width:2}";
    std::string out = svg.str(height);
    return out.insert(out.find('>') + 1, fmt::format("<style>{}{}</style>", common, own)) + "\n";
}

}  // namespace bellwether::report

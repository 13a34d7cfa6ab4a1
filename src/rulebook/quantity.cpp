#include "quantity.hpp"

#include "bellwether/core/units.hpp"

namespace bellwether::rulebook {

std::optional<std::string> without_per_day(std::string_view unit) {
    // Longer families end in "/d" too ("ng/d"), but no unit of the table does.
    for (const std::string_view tail : {"/d", "/day"}) {
        if (unit.size() > tail.size() && unit.substr(unit.size() - tail.size()) == tail &&
            !canonical_unit(unit)) {
            return std::string(unit.substr(0, unit.size() - tail.size()));
        }
    }
    return std::nullopt;
}

std::string per_day(std::string_view unit) {
    return canonical(unit) + "/d";
}

std::string canonical(std::string_view unit) {
    if (const auto known = canonical_unit(unit)) return *known;
    if (const auto base = without_per_day(unit)) return canonical(*base) + "/d";
    return std::string(unit);
}

bool known_unit(std::string_view unit) {
    if (canonical_unit(unit)) return true;
    const auto base = without_per_day(unit);
    return base && known_unit(*base);
}

std::optional<double> factor(std::string_view from, std::string_view to) {
    if (canonical(from) == canonical(to)) return 1.0;
    if (const auto k = conversion_factor(from, to)) return k;
    const auto a = without_per_day(from), b = without_per_day(to);
    if (a && b) return factor(*a, *b);
    return std::nullopt;
}

}  // namespace bellwether::rulebook

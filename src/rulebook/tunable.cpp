#include "tunable.hpp"

#include <cctype>
#include <string_view>

#include "bellwether/core/text.hpp"

namespace bellwether::rulebook {
namespace {

/// First byte after the sign of a comparison.
std::size_t after_sign(const std::string& comparison, std::size_t sign) {
    return sign + (comparison.compare(sign + 1, 1, "=") == 0 ? 2U : 1U);
}

bool stands_alone(const std::string& expression, std::size_t at, std::size_t length) {
    const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    if (at > 0 && word(expression[at - 1])) return false;
    const auto next = expression.find_first_not_of(' ', at + length);
    if (next == std::string::npos || expression[next] == ')') return true;
    const auto rest = std::string_view(expression).substr(next);
    return next > at + length && (rest.starts_with("and ") || rest.starts_with("or "));
}

}  // namespace

std::optional<Tunable> read_tunable(const std::string& comparison) {
    const auto sign = comparison.find_last_of("<>");
    if (sign == std::string::npos || sign == 0) return std::nullopt;
    const auto begin = comparison.find_first_not_of(' ', after_sign(comparison, sign));
    if (begin == std::string::npos) return std::nullopt;
    auto end = comparison.find_first_not_of("-0123456789.", begin);
    if (end == std::string::npos) end = comparison.size();
    const auto number = parse_double(std::string_view(comparison).substr(begin, end - begin));
    if (!number) return std::nullopt;
    Tunable t;
    t.comparison = comparison;
    t.number = *number;
    t.unit = comparison.substr(end);
    t.upwards = comparison[sign] == '>';
    return t;
}

Place find_comparison(const std::string& expression, const std::string& comparison) {
    Place p;
    p.at = expression.find(comparison);
    p.nowhere = p.at == std::string::npos || !stands_alone(expression, p.at, comparison.size());
    p.twice = !p.nowhere && expression.find(comparison, p.at + 1) != std::string::npos;
    return p;
}

std::string with_number(std::string expression, const Place& place, const std::string& comparison,
                        double number) {
    const auto sign = comparison.find_last_of("<>");
    const auto unit = read_tunable(comparison).value_or(Tunable{}).unit;
    return expression.replace(
        place.at, comparison.size(),
        comparison.substr(0, after_sign(comparison, sign)) + " " + shortest(number) + unit);
}

}  // namespace bellwether::rulebook

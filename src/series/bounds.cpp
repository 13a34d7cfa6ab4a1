#include "bellwether/series/bounds.hpp"

namespace bellwether::series {
namespace {

Censor opposite(Censor c) {
    if (c == Censor::none) return c;
    return c == Censor::left ? Censor::right : Censor::left;
}

/// Censoring of f(a, b), f rising in a and falling in b.
std::optional<Censor> combine(Censor a, Censor b) {
    const Censor turned = opposite(b);
    if (a == Censor::none) return turned;
    if (turned == Censor::none || turned == a) return a;
    return std::nullopt;
}

}  // namespace

std::optional<Reading> difference(Reading a, Reading b) {
    const auto censor = combine(a.censor, b.censor);
    if (!censor) return std::nullopt;
    return Reading{a.value - b.value, *censor};
}

std::optional<Reading> ratio(Reading a, Reading b) {
    if (!(b.value > 0.0) || a.value < 0.0) return std::nullopt;
    const auto censor = combine(a.censor, b.censor);
    if (!censor) return std::nullopt;
    return Reading{a.value / b.value, *censor};
}

}  // namespace bellwether::series

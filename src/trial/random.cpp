#include "bellwether/trial/random.hpp"

#include <cmath>
#include <numbers>

namespace bellwether::trial {
namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;

std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace

Stream::Stream(std::uint64_t seed, std::uint64_t patient, Use use)
    : key_(mix(mix(mix(seed + golden) ^ (patient + golden)) ^ static_cast<std::uint64_t>(use))) {}

std::uint64_t Stream::next() {
    return mix(key_ + golden * ++count_);
}

double Stream::uniform() {
    return (static_cast<double>(next() >> 11) + 0.5) * 0x1.0p-53;
}

double Stream::uniform(double low, double high) {
    return low + (high - low) * uniform();
}

int Stream::integer(int low, int high) {
    const auto span = static_cast<double>(high - low + 1);
    return low + static_cast<int>(std::floor(span * uniform()));
}

double Stream::normal() {
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

double Stream::lognormal(double median, double sigma) {
    return median * std::exp(sigma * normal());
}

double Stream::exponential(double mean) {
    return -mean * std::log(uniform());
}

bool Stream::chance(double probability) {
    return uniform() < probability;
}

std::size_t Stream::pick(std::span<const double> weights) {
    double total = 0.0;
    for (const double w : weights)
        total += w;
    double rest = total * uniform();
    for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
        rest -= weights[i];
        if (rest < 0.0) return i;
    }
    return weights.size() - 1;
}

double log_sd(double coefficient_of_variation) {
    return std::sqrt(std::log1p(coefficient_of_variation * coefficient_of_variation));
}

}  // namespace bellwether::trial

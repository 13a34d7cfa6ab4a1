#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace bellwether {

/// SHA-256 (FIPS 180-4), fed piece by piece. Fields are framed by their length, so that ("ab","c") and
/// ("a","bc") differ; `raw` adds bytes without a frame (the hash of a file is the plain SHA-256).
class Sha256 {
public:
    Sha256();
    Sha256& raw(std::string_view bytes);
    Sha256& field(std::string_view bytes);
    Sha256& field(std::int64_t x);
    Sha256& field(double x);                     ///< its IEEE bits; -0 counts as 0
    [[nodiscard]] std::string hex() const;       ///< 64 lower-case digits of what was fed so far
    [[nodiscard]] std::uint64_t prefix() const;  ///< the first eight bytes as a big-endian number

private:
    alignas(16) std::array<unsigned char, 128> state_{};
};

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// Takes a word into a running 64-bit digest: for keys of caches, where an accident must be improbable and
/// nobody attacks.
/// @source the finaliser of SplitMix64: Steele, Lea & Flood 2014, OOPSLA, doi:10.1145/2660193.2660195.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t digest, std::uint64_t word) noexcept {
    std::uint64_t z = digest + 0x9e3779b97f4a7c15U + word * 0xff51afd7ed558ccdU;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
}
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t digest, double x) noexcept {
    return mix(digest, std::bit_cast<std::uint64_t>(x == 0.0 ? 0.0 : x));
}

}  // namespace bellwether

#include "bellwether/core/hash.hpp"

#include <bit>
#include <cstring>
#include <new>

#include <sodium.h>

namespace bellwether {
namespace {

using State = crypto_hash_sha256_state;
using Digest = std::array<unsigned char, crypto_hash_sha256_BYTES>;

State* state_in(std::array<unsigned char, 128>& room) {
    static_assert(sizeof(State) <= sizeof(room) && alignof(State) <= 16);
    return std::launder(reinterpret_cast<State*>(room.data()));
}

void feed(State* state, const void* bytes, std::size_t n) {
    crypto_hash_sha256_update(state, static_cast<const unsigned char*>(bytes), n);
}

std::array<unsigned char, 8> big_endian(std::uint64_t x) {
    std::array<unsigned char, 8> out{};
    for (std::size_t i = 8; i-- > 0; x >>= 8)
        out[i] = static_cast<unsigned char>(x & 0xFFU);
    return out;
}

/// Frame: one letter for the type, so that a number and a text of the same bytes differ, then the length.
void frame(State* state, char type, std::uint64_t length) {
    feed(state, &type, 1);
    const auto bytes = big_endian(length);
    feed(state, bytes.data(), bytes.size());
}

Digest finish(std::array<unsigned char, 128> room) {  // a copy: more may be fed afterwards
    Digest digest{};
    crypto_hash_sha256_final(state_in(room), digest.data());
    return digest;
}

}  // namespace

Sha256::Sha256() {
    auto* state = new (state_.data()) State;
    crypto_hash_sha256_init(state);
}

Sha256& Sha256::raw(std::string_view bytes) {
    feed(state_in(state_), bytes.data(), bytes.size());
    return *this;
}

Sha256& Sha256::field(std::string_view bytes) {
    frame(state_in(state_), 's', bytes.size());
    return raw(bytes);
}

Sha256& Sha256::field(std::int64_t x) {
    frame(state_in(state_), 'i', 8);
    const auto bytes = big_endian(static_cast<std::uint64_t>(x));
    feed(state_in(state_), bytes.data(), bytes.size());
    return *this;
}

Sha256& Sha256::field(double x) {
    frame(state_in(state_), 'd', 8);
    const auto bytes = big_endian(std::bit_cast<std::uint64_t>(x == 0.0 ? 0.0 : x));
    feed(state_in(state_), bytes.data(), bytes.size());
    return *this;
}

std::string Sha256::hex() const {
    constexpr char digit[] = "0123456789abcdef";
    std::string out;
    out.reserve(64);
    for (unsigned char b : finish(state_)) {
        out += digit[b >> 4U];
        out += digit[b & 0xFU];
    }
    return out;
}

std::uint64_t Sha256::prefix() const {
    const Digest digest = finish(state_);
    std::uint64_t x = 0;
    for (std::size_t i = 0; i < 8; ++i)
        x = (x << 8U) | digest[i];
    return x;
}

std::string sha256_hex(std::string_view bytes) {
    return Sha256().raw(bytes).hex();
}

}  // namespace bellwether

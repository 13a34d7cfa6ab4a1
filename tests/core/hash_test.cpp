#include "bellwether/core/hash.hpp"

#include <catch2/catch.hpp>

using namespace bellwether;

TEST_CASE("Sha256: the example vectors of FIPS 180-4", "[core][hash][reference]") {
    // Reference: NIST, Cryptographic Standards and Guidelines, SHA256.pdf example values, and the empty
    // message and a million 'a' of the SHA test vectors (csrc.nist.gov).
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex(std::string(1000000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("Sha256: hex may be asked in between, pieces do not matter to raw", "[core][hash]") {
    Sha256 h;
    h.raw("a");
    const auto early = h.hex();
    h.raw("bc");
    CHECK(early == sha256_hex("a"));
    CHECK(h.hex() == sha256_hex("abc"));
    CHECK(h.prefix() == 0xba7816bf8f01cfeaULL);
    Sha256 copy = h;
    copy.raw("d");
    CHECK(h.hex() == sha256_hex("abc"));
}

TEST_CASE("Sha256: fields are framed by length and type", "[core][hash]") {
    const auto of = [](auto... fields) {
        Sha256 h;
        (h.field(fields), ...);
        return h.hex();
    };
    using S = std::string_view;
    CHECK(of(S("ab"), S("c")) != of(S("a"), S("bc")));
    CHECK(of(S("")) != of());
    CHECK(of(std::int64_t{0}) != of(0.0));
    CHECK(of(std::int64_t{0}) != of(S("\0\0\0\0\0\0\0\0", 8)));
    CHECK(of(-0.0) == of(0.0));
    CHECK(of(1.0) != of(1.0000000000000002));
}

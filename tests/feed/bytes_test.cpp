#include "bellwether/feed/bytes.hpp"

#include <cstdio>
#include <filesystem>

#include "bellwether/core/text.hpp"

#include "support.hpp"

using namespace bellwether;
using namespace bellwether::feed;

namespace {

// `printf 'a,b\n1,2\n' | gzip -n`, by gzip 1.12: a program other than the one that unpacks it here.
const std::string packed(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xd4\x49\xe2\x32\xd4\x31\xe2\x02\x00\x7b\x07\x97\x0a"
    "\x08\x00\x00\x00",
    28);

std::string drain(ByteSource& source, std::size_t room = 3) {
    std::string out, block(room, '\0');
    while (const std::size_t n = source.read(block.data(), room))
        out.append(block, 0, n);
    return out;
}

}  // namespace

TEST_CASE("feed_from_memory: gzip is recognised by its bytes, members may follow each other",
          "[feed][bytes]") {
    CHECK(drain(*feed_from_memory(packed)) == "a,b\n1,2\n");
    CHECK(drain(*feed_from_memory(packed + packed)) == "a,b\n1,2\na,b\n1,2\n");
    CHECK(drain(*feed_from_memory("plain")) == "plain");
    CHECK(drain(*feed_from_memory("x")) == "x");
    CHECK(drain(*feed_from_memory("")).empty());
}

TEST_CASE("feed_from_memory: cut or damaged gzip is refused", "[feed][bytes][error]") {
    CHECK(test::code_of([] { drain(*feed_from_memory(packed.substr(0, 20))); }) == "F093");
    CHECK(test::code_of([] { drain(*feed_from_memory(packed + packed.substr(0, 12))); }) == "F093");
    auto damaged = packed;
    damaged[22] = '\x00';  // of the checksum
    CHECK(test::code_of([&] { drain(*feed_from_memory(damaged)); }) == "F093");
}

TEST_CASE("open_feed: a file, plain or packed, one that is not there", "[feed][bytes]") {
    const auto path = (std::filesystem::temp_directory_path() / "bellwether_bytes_test").string();
    write_text_atomically(path, packed);
    CHECK(drain(*open_feed(path)) == "a,b\n1,2\n");
    write_text_atomically(path, "a,b\n");
    CHECK(drain(*open_feed(path)) == "a,b\n");
    std::filesystem::remove(path);
    CHECK(test::code_of([&] { (void)open_feed(path); }) == "C001");
}

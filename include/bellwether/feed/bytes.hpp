#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace bellwether::feed {

/// Bytes of a feed, one block after the other. Nothing is ever held beyond a block.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Fills at most `room` bytes; 0 means the end. @throws Error C001 unreadable, F093 damaged gzip.
    virtual std::size_t read(char* to, std::size_t room) = 0;
};

/// A file, or standard input for "-". gzip is recognised by its first two bytes and unpacked, whatever the
/// name says.
/// @throws Error C001 when it cannot be opened.
[[nodiscard]] std::unique_ptr<ByteSource> open_feed(const std::string& path);

/// The same from memory: for tests and for a quarantined row that is read again.
[[nodiscard]] std::unique_ptr<ByteSource> feed_from_memory(std::string bytes);

}  // namespace bellwether::feed

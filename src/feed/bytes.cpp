#include "bellwether/feed/bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include "bellwether/core/error.hpp"

namespace bellwether::feed {
namespace {

class FileBytes : public ByteSource {
public:
    explicit FileBytes(const std::string& path) : name_(path == "-" ? "standard input" : path) {
        fd_ = path == "-" ? ::dup(0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd_ < 0) throw Error("C001", fmt::format("cannot open '{}': {}", name_, std::strerror(errno)));
    }
    FileBytes(const FileBytes&) = delete;
    FileBytes& operator=(const FileBytes&) = delete;
    ~FileBytes() override { ::close(fd_); }

    std::size_t read(char* to, std::size_t room) override {
        for (;;) {
            const auto n = ::read(fd_, to, room);
            if (n >= 0) return static_cast<std::size_t>(n);
            if (errno != EINTR) {
                throw Error("C001", fmt::format("cannot read '{}': {}", name_, std::strerror(errno)));
            }
        }
    }

private:
    std::string name_;
    int fd_ = -1;
};

class MemoryBytes : public ByteSource {
public:
    explicit MemoryBytes(std::string bytes) : bytes_(std::move(bytes)) {}
    std::size_t read(char* to, std::size_t room) override {
        const std::size_t n = std::min(room, bytes_.size() - at_);
        std::memcpy(to, bytes_.data() + at_, n);
        at_ += n;
        return n;
    }

private:
    std::string bytes_;
    std::size_t at_ = 0;
};

/// Passes plain bytes through; unpacks gzip (also several members behind each other, as `cat a.gz b.gz`
/// makes).
class MaybeGzip : public ByteSource {
public:
    explicit MaybeGzip(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)) {}
    MaybeGzip(const MaybeGzip&) = delete;
    MaybeGzip& operator=(const MaybeGzip&) = delete;
    ~MaybeGzip() override {
        if (state_ == State::packed) inflateEnd(&zip_);
    }

    std::size_t read(char* to, std::size_t room) override {
        if (state_ == State::unknown) look();
        if (state_ == State::plain) return plain(to, room);
        return unpack(to, room);
    }

private:
    enum class State { unknown, plain, packed };

    /// Two bytes decide; a pipe may deliver them one by one.
    void look() {
        while (held_ < 2) {
            const std::size_t n = inner_->read(block_.data() + held_, block_.size() - held_);
            if (n == 0) break;
            held_ += n;
        }
        const bool gzip = held_ >= 2 && block_[0] == '\x1f' && block_[1] == '\x8b';
        state_ = State::plain;
        if (!gzip) return;
        if (inflateInit2(&zip_, 15 + 16) != Z_OK) throw Error("F093", "cannot unpack gzip: no memory");
        state_ = State::packed;
        give();
    }

    std::size_t plain(char* to, std::size_t room) {
        if (at_ == held_) return inner_->read(to, room);
        const std::size_t n = std::min(room, held_ - at_);
        std::memcpy(to, block_.data() + at_, n);
        at_ += n;
        return n;
    }

    void give() {
        zip_.next_in = reinterpret_cast<Bytef*>(block_.data());
        zip_.avail_in = static_cast<uInt>(held_);
    }

    /// @return false at the end of the packed bytes
    bool more() {
        if (zip_.avail_in > 0) return true;
        held_ = inner_->read(block_.data(), block_.size());
        give();
        return held_ > 0;
    }

    std::size_t unpack(char* to, std::size_t room) {
        zip_.next_out = reinterpret_cast<Bytef*>(to);
        zip_.avail_out = static_cast<uInt>(std::min<std::size_t>(room, 1U << 30U));
        const uInt wanted = zip_.avail_out;
        while (zip_.avail_out == wanted) {
            if (!more()) {
                if (!between_members_) throw Error("F093", "the gzip data ends too early: the file was cut");
                return 0;
            }
            if (between_members_ && inflateReset(&zip_) != Z_OK)
                throw Error("F093", "the gzip data is damaged");
            between_members_ = false;
            const int result = inflate(&zip_, Z_NO_FLUSH);
            if (result == Z_STREAM_END) {
                between_members_ = true;
            } else if (result != Z_OK && result != Z_BUF_ERROR) {
                throw Error("F093",
                            fmt::format("the gzip data is damaged: {}", zip_.msg ? zip_.msg : "bad data"));
            }
        }
        return wanted - zip_.avail_out;
    }

    std::unique_ptr<ByteSource> inner_;
    State state_ = State::unknown;
    std::string block_ = std::string(1U << 16U, '\0');
    std::size_t held_ = 0, at_ = 0;
    bool between_members_ = false;
    z_stream zip_{};
};

}  // namespace

std::unique_ptr<ByteSource> open_feed(const std::string& path) {
    return std::make_unique<MaybeGzip>(std::make_unique<FileBytes>(path));
}

std::unique_ptr<ByteSource> feed_from_memory(std::string bytes) {
    return std::make_unique<MaybeGzip>(std::make_unique<MemoryBytes>(std::move(bytes)));
}

}  // namespace bellwether::feed

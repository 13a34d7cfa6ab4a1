#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether {
namespace {

std::string reason() {
    return std::strerror(errno);
}

/// An open file descriptor; closed at the end of the scope.
struct Descriptor {
    int fd;
    explicit Descriptor(int n) : fd(n) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

/// A rename is durable only once the folder is synced.
void sync_folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const Descriptor dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (dir.fd >= 0) ::fsync(dir.fd);
}

}  // namespace

std::string read_text(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.fd < 0) throw Error("C001", fmt::format("cannot open '{}': {}", path, reason()));
    std::string text;
    std::string buffer(1 << 16, '\0');
    for (;;) {
        const auto n = ::read(file.fd, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw Error("C001", fmt::format("cannot read '{}': {}", path, reason()));
        if (n == 0) return text;
        text.append(buffer, 0, static_cast<std::size_t>(n));
    }
}

void write_text_atomically(const std::string& path, std::string_view text) {
    const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
    {
        const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
        if (file.fd < 0) throw Error("C002", fmt::format("cannot create '{}': {}", temporary, reason()));
        if (!write_all(file.fd, text) || ::fsync(file.fd) != 0) {
            const std::string why = reason();
            ::unlink(temporary.c_str());
            throw Error("C002", fmt::format("cannot write '{}': {}", temporary, why));
        }
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        const std::string why = reason();
        ::unlink(temporary.c_str());
        throw Error("C002", fmt::format("cannot replace '{}': {}", path, why));
    }
    sync_folder_of(path);
}

}  // namespace bellwether

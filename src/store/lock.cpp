#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "bellwether/store/store.hpp"

namespace bellwether::store {

std::unique_ptr<RunLock> RunLock::acquire(const std::string& path, bool wait) {
    const std::string file = path + ".lock";
    const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) throw Error("S005", "cannot open the lock '" + file + "': " + std::strerror(errno));
    int result = -1;
    do {
        result = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
    } while (result != 0 && errno == EINTR);
    if (result == 0) return std::unique_ptr<RunLock>(new RunLock(fd));
    const int why = errno;
    close(fd);
    if (why == EWOULDBLOCK) return nullptr;
    throw Error("S005", "cannot lock '" + file + "': " + std::strerror(why));
}

// The file itself stays: removing it would let two runs hold locks on two files of one name.
RunLock::~RunLock() {
    close(fd_);
}

}  // namespace bellwether::store

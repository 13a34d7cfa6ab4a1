#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

/// Private: parts of a work on several threads.
namespace bellwether::markov {

/// Calls work(part, worker) for each part in [0, parts), from up to `threads` threads, worker in [0,
/// threads). What a part does must not depend on the worker. The first exception is thrown again.
template <typename Work>
void in_parallel(std::size_t parts, unsigned threads, const Work& work) {
    const auto workers = static_cast<unsigned>(std::min<std::size_t>(std::max(1U, threads), parts));
    if (workers <= 1) {
        for (std::size_t i = 0; i < parts; ++i)
            work(i, 0U);
        return;
    }
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex guard;
    const auto run = [&](unsigned worker) {
        try {
            for (std::size_t i = next++; i < parts; i = next++)
                work(i, worker);
        } catch (...) {
            const std::scoped_lock lock(guard);
            if (!failure) failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        for (unsigned w = 1; w < workers; ++w)
            others.emplace_back(run, w);
        run(0);
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace bellwether::markov

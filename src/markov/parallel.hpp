#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

/// Private: parts of a work on several threads.
namespace bellwether::markov {

/// How parts go to workers: the next to whoever is free, or a run of neighbours to each, so that what one
/// loop left in a core's cache is there for the next.
enum class Deal : std::uint8_t { free, runs };

/// Calls work(part, worker) for each part in [0, parts), from up to `threads` threads, worker in [0,
/// threads). What a part does must not depend on the worker. The first exception is thrown again.
template <typename Work>
void in_parallel(std::size_t parts, unsigned threads, Deal deal, const Work& work) {
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
            if (deal == Deal::runs)
                for (std::size_t i = parts * worker / workers; i < parts * (worker + 1) / workers; ++i)
                    work(i, worker);
            else
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

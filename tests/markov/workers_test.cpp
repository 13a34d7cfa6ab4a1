#include "../../src/markov/workers.hpp"

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

using namespace bellwether::markov;

TEST_CASE("Workers: each part is done once, whoever does it, job after job", "[markov][workers]") {
    const unsigned threads = GENERATE(0U, 1U, 2U, 3U, 7U);
    Workers workers(threads);
    CHECK(workers.count() == std::max(1U, threads));
    for (int job = 0; job < 400; ++job) {
        const auto parts = static_cast<std::size_t>(job % 37);
        std::vector<int> done(parts, 0);
        std::atomic<unsigned> beyond{0};
        workers.run(parts, [&](std::size_t part, unsigned worker) {
            ++done[part];
            if (worker >= workers.count()) ++beyond;
        });
        CHECK(std::all_of(done.begin(), done.end(), [](int n) { return n == 1; }));
        CHECK(beyond == 0);
        // They fall asleep in between, and wake.
        if (job % 100 == 99) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

TEST_CASE("Workers: parts run at the same time", "[markov][workers]") {
    // Two parts that wait for each other: they end only if each has a thread.
    Workers workers(2);
    for (int job = 0; job < 20; ++job) {
        std::atomic<int> here{0};
        workers.run(2, [&](std::size_t, unsigned) {
            ++here;
            while (here < 2)
                std::this_thread::yield();
        });
        CHECK(here == 2);
    }
}

TEST_CASE("Workers: an exception comes back to the caller, and the next work is done", "[markov][workers]") {
    const unsigned threads = GENERATE(1U, 2U, 4U);
    Workers workers(threads);
    for (std::size_t bad = 0; bad < 20; ++bad) {
        const auto fail = [&](std::size_t part, unsigned) {
            if (part == bad) throw std::runtime_error("part " + std::to_string(part));
        };
        CHECK_THROWS_WITH(workers.run(20, fail), "part " + std::to_string(bad));
        std::vector<int> done(20, 0);
        workers.run(20, [&](std::size_t part, unsigned) { ++done[part]; });
        CHECK(std::accumulate(done.begin(), done.end(), 0) == 20);
    }
}

#include "workers.hpp"

#include <algorithm>
#include <utility>

namespace bellwether::markov {
namespace {

/// How often who waits looks up before it goes to sleep: some 50 microseconds where nobody else wants the
/// processor, and at once a turn of somebody else's where they do.
constexpr int kLooks = 200;

template <typename Condition>
bool comes_soon(const Condition& condition) {
    for (int i = 0; i < kLooks; ++i) {
        if (condition()) return true;
        std::this_thread::yield();
    }
    return condition();
}

}  // namespace

Workers::Workers(unsigned threads) : count_(std::max(1U, threads)) {}

Workers::~Workers() {
    {
        const std::scoped_lock lock(guard_);
        over_ = true;
        ++begun_;
    }
    wake_.notify_all();
    for (std::thread& other : others_)
        other.join();
}

void Workers::run_together(const Job& job) {
    {
        const std::scoped_lock lock(guard_);
        job_ = job;
        next_ = 0;
        failure_ = nullptr;
        open_ = true;
        ++begun_;
    }
    wake_.notify_all();
    while (others_.size() + 1 < std::min<std::size_t>(count_, job.parts))
        others_.emplace_back(&Workers::wait_for_work, this, static_cast<unsigned>(others_.size()) + 1);
    take_parts(job, 0);
    // Who has not come by now is not waited for.
    {
        const std::scoped_lock lock(guard_);
        open_ = false;
    }
    comes_soon([this] { return inside_ == 0; });
    std::unique_lock lock(guard_);
    done_.wait(lock, [this] { return inside_ == 0; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Workers::wait_for_work(unsigned worker) {
    for (std::size_t seen = 0;;) {
        comes_soon([&] { return begun_ != seen; });
        std::unique_lock lock(guard_);
        wake_.wait(lock, [&] { return begun_ != seen; });
        if (over_) return;
        seen = begun_;
        if (!open_) continue;
        const Job job = job_;
        ++inside_;
        lock.unlock();
        take_parts(job, worker);
        lock.lock();
        if (--inside_ == 0) done_.notify_one();
    }
}

void Workers::take_parts(const Job& job, unsigned worker) {
    try {
        for (std::size_t i = next_++; i < job.parts; i = next_++)
            job.call(job.work, i, worker);
    } catch (...) {
        const std::scoped_lock lock(guard_);
        if (!failure_) failure_ = std::current_exception();
        next_ = job.parts;
    }
}

}  // namespace bellwether::markov

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

/// Private: parts of a work on several threads, which live as long as the object that has work for them.
namespace bellwether::markov {

/// Threads that wait for work: for a short while awake, since the next piece of an evaluation comes within
/// microseconds, and starting or waking a thread takes as long as a good part of the piece.
class Workers {
public:
    /// @param threads  at most so many work at once, the caller among them; the others start with the first
    ///                 work that has parts for them
    explicit Workers(unsigned threads);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    [[nodiscard]] unsigned count() const { return count_; }

    /// Calls work(part, worker) for each part in [0, parts), worker in [0, count()), the caller being 0, and
    /// comes back when all are done. What a part does must not depend on the worker. Of exceptions the first
    /// is thrown again, and parts not yet begun are left out. One call at a time.
    template <typename Work>
    void run(std::size_t parts, const Work& work) {
        if (count_ == 1 || parts <= 1) {
            for (std::size_t i = 0; i < parts; ++i)
                work(i, 0U);
            return;
        }
        run_together({parts, &work, [](const void* of, std::size_t part, unsigned worker) {
                          (*static_cast<const Work*>(of))(part, worker);
                      }});
    }

private:
    struct Job {
        std::size_t parts = 0;
        const void* work = nullptr;
        void (*call)(const void*, std::size_t, unsigned) = nullptr;
    };
    void run_together(const Job& job);
    void wait_for_work(unsigned worker);
    void take_parts(const Job& job, unsigned worker);

    const unsigned count_;
    std::vector<std::thread> others_;
    std::atomic<std::size_t> next_{0};     ///< part to be taken
    std::atomic<std::size_t> begun_{0};    ///< jobs; those who wait awake look at it
    std::atomic<unsigned> inside_{0};      ///< others at work on the job
    std::mutex guard_;                     ///< of what follows, and of changes of begun_ and inside_
    std::condition_variable wake_, done_;  ///< begun_ or over_ changed; inside_ became 0
    Job job_;
    bool open_ = false;  ///< others may still join
    bool over_ = false;
    std::exception_ptr failure_;
};

}  // namespace bellwether::markov

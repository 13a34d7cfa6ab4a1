#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

#include "bellwether/store/store.hpp"

/// Private: work on all patients of a store without ever holding the cohort.
namespace bellwether::app {

/// Patients that are in memory at once. Enough for every thread to have some whose neighbours take long.
constexpr std::size_t kPatientsAtOnce = 256;

/// Reads histories block by block, works on the patients of a block side by side, then takes what came of
/// them one by one in the order of `ids`: the same on any number of threads.
///
/// @param make      PatientHistory&& -> Item, on the calling thread; may ask the store
/// @param work      Item&, on any thread; what it throws ends the stream
/// @param take      Item&&, on the calling thread
/// @param after_block  on the calling thread, with the number of patients done so far; may be empty
template <typename Make, typename Work, typename Take>
void stream_patients(store::Store& store, const std::vector<std::string>& ids, Instant as_of, int threads,
                     Make make, Work work, Take take,
                     const std::function<void(std::int64_t done)>& after_block = {}) {
    using Item = decltype(make(std::declval<PatientHistory>()));
    tbb::global_control control(tbb::global_control::max_allowed_parallelism,
                                static_cast<std::size_t>(std::max(1, threads)));
    std::vector<Item> block;
    std::int64_t done = 0;
    const auto finish = [&] {
        tbb::parallel_for(tbb::blocked_range<std::size_t>(0, block.size(), 1), [&](const auto& range) {
            for (std::size_t i = range.begin(); i != range.end(); ++i)
                work(block[i]);
        });
        for (Item& item : block)
            take(std::move(item));
        done += static_cast<std::int64_t>(block.size());
        block.clear();
        if (after_block) after_block(done);
    };
    store.for_each_history(ids, as_of, [&](PatientHistory&& history) {
        block.push_back(make(std::move(history)));
        if (block.size() == kPatientsAtOnce) finish();
    });
    finish();
}

}  // namespace bellwether::app

#include "../../src/app/stream.hpp"

#include <numeric>
#include <stdexcept>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "app/support/stores.hpp"

using namespace bellwether;

namespace {

/// More patients than two blocks hold, each with a day zero.
std::unique_ptr<store::Store> many(const world::Folder& folder, std::size_t patients) {
    std::vector<Record> records;
    for (std::size_t i = 0; i < patients; ++i) {
        Patient p;
        p.id = fmt::format("P{:04}", i);
        p.day_zero = world::day_zero();
        Record r;
        r.version.released = r.version.learnt = Instant::end_of(world::day_zero());
        r.content = p;
        records.push_back(r);
    }
    return world::make_store(folder.file("s.db"), std::move(records));
}

struct Item {
    std::string patient;
    int worked = 0;
};

Item made(PatientHistory&& history) {
    return {history.patient, 0};
}

}  // namespace

TEST_CASE("stream_patients: each patient once, in order, whatever the number of threads", "[app][stream]") {
    const world::Folder folder;
    const auto store = many(folder, 2 * app::kPatientsAtOnce + 9);
    const auto ids = store->patients(world::the_end());
    for (const int threads : {1, 3}) {
        std::vector<std::string> taken;
        std::vector<std::int64_t> done;
        app::stream_patients(
            *store, ids, world::the_end(), threads, made, [](Item& item) { ++item.worked; },
            [&](Item&& item) {
                CHECK(item.worked == 1);
                taken.push_back(item.patient);
            },
            [&](std::int64_t n) { done.push_back(n); });
        CHECK(taken == ids);
        CHECK(done == std::vector<std::int64_t>{256, 512, 521});
    }
}

TEST_CASE("stream_patients: what the work throws ends the stream before anybody of its block is taken",
          "[app][stream]") {
    const world::Folder folder;
    const auto store = many(folder, app::kPatientsAtOnce + 5);
    const auto ids = store->patients(world::the_end());
    std::size_t taken = 0;
    CHECK_THROWS_AS(app::stream_patients(
                        *store, ids, world::the_end(), 2, made,
                        [&](Item& item) {
                            if (item.patient == ids.back()) throw std::runtime_error("no");
                        },
                        [&](Item&&) { ++taken; }),
                    std::runtime_error);
    CHECK(taken == app::kPatientsAtOnce);
}

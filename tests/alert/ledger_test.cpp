#include <algorithm>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "alert/make.hpp"

using namespace bellwether;
using namespace bellwether::alert;
using make::episode;
using make::events;
using make::held;

TEST_CASE("apply: numbers new alerts after the largest, parents too", "[alert][ledger]") {
    std::vector<Alert> ledger{held(4, episode(5))};
    alert::apply(ledger,
                 events({episode(5, 8), episode(12), episode(15, 16, Severity::info, "b")}, ledger, 20));
    REQUIRE(ledger.size() == 3);
    CHECK(ledger[1].id == 5);
    CHECK(ledger[1].episode.rule == "b");  // by rule
    CHECK(ledger[2].id == 6);
    CHECK(ledger[2].parent == 4);
    const AlertEvent stray{9, AlertChange::revised, make::day(1), "scan", "", held(9, episode(1))};
    CHECK_THROWS_MATCHES(alert::apply(ledger, std::vector{stray}), Error,
                         Catch::Matchers::Message("A004: event of alert 9, which was never opened"));
}

TEST_CASE("is_legal: the machine's table, row by row", "[alert][ledger]") {
    using S = MachineState;
    using C = AlertChange;
    struct Row {
        std::optional<S> from;
        std::vector<C> legal;
    };
    // From the design: opened or split first; open -> revised, resolved; resolved -> revised, reopened; both
    // may be withdrawn, merged, superseded; those are final.
    const std::vector<Row> rows{
        {std::nullopt, {C::opened, C::split}},
        {S::open, {C::revised, C::resolved, C::withdrawn, C::merged, C::superseded}},
        {S::resolved, {C::revised, C::reopened, C::withdrawn, C::merged, C::superseded}},
        {S::withdrawn, {}},
        {S::merged, {}},
        {S::superseded, {}}};
    for (const Row& row : rows)
        for (int c = 0; c <= static_cast<int>(C::human_reset); ++c) {
            const auto change = static_cast<C>(c);
            CAPTURE(to_string(change));
            const bool expected = std::find(row.legal.begin(), row.legal.end(), change) != row.legal.end();
            CHECK(is_legal(row.from, change) == expected);
        }
}

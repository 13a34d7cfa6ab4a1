#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "record/support/generate.hpp"
#include "store/support/store_fixture.hpp"

namespace bellwether {
namespace {

using namespace testing;

/// What one file without release times says of one identity: contents by status.
using Said = std::set<std::pair<Status, double>>;

/// The rule of IngestWriter, word for word, over whole files: what stands after each.
class Twin {
public:
    void hear(const Said& said) {
        if (said.empty()) return;
        if (!std::includes(stands_.begin(), stands_.end(), said.begin(), said.end()) ||
            highest(said) != highest(stands_))
            stands_ = said;
    }
    [[nodiscard]] std::vector<double> in_force() const {
        const Said top = highest(stands_);
        if (top.size() != 1 || top.begin()->first == Status::cancelled) return {};
        return {top.begin()->second};
    }
    [[nodiscard]] bool conflict() const {
        const Said top = highest(stands_);
        return top.size() > 1 && top.begin()->first != Status::cancelled;
    }

private:
    static Said highest(const Said& said) {
        Said top;
        for (const auto& x : said)
            if (x.first == said.rbegin()->first) top.insert(x);
        return top;
    }
    Said stands_;
};

}  // namespace

TEST_CASE("ingest: files without release times stand as a twin that keeps whole files says",
          "[store][ingest][property]") {
    CHECK(rc::check("repeat = twin", [] {
        const auto files = *rc::gen::container<std::vector<std::vector<std::pair<int, int>>>>(
            rc::gen::resize(5, rc::gen::container<std::vector<std::pair<int, int>>>(
                                   rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange(0, 3)))));
        const Folder folder;
        const auto store = new_store(folder / "s.db");
        Twin twin;
        int minute = 10;
        for (const auto& rows : files) {
            Said said;
            std::vector<Record> records;
            for (const auto& [status, value] : rows) {
                said.emplace(static_cast<Status>(status), value);
                records.push_back(reading(value, "P1", 20000, {}, static_cast<Status>(status)));
            }
            twin.hear(said);
            (void)put(*store, records, ++minute);
            RC_ASSERT(values(*store, "P1", at(minute)) == twin.in_force());
            RC_ASSERT(store->quarantine(true).size() == (twin.conflict() ? 1U : 0U));
            const auto versions = store->version_count();
            if (!records.empty()) {
                (void)put(*store, records, ++minute);  // heard twice is heard once
                RC_ASSERT(store->version_count() == versions);
            }
        }
        RC_ASSERT(store->doctor().ok);
    }));
}

}  // namespace bellwether

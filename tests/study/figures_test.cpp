#include <algorithm>

#include <catch2/catch.hpp>

#include "bellwether/study/alerts.hpp"

using namespace bellwether;
using namespace bellwether::study;

namespace {

const Figure& find(const std::vector<Figure>& list, const std::string& name) {
    const auto f = std::find_if(list.begin(), list.end(), [&](const Figure& x) { return x.name == name; });
    REQUIRE(f != list.end());
    return *f;
}

}  // namespace

TEST_CASE("figures: nothing seen in stable time still has an upper limit", "[study][figures]") {
    Follow f;
    f.start = Date(0);
    f.monitored_until = f.followed_until = Date(3653);  // 10.0014 years
    f.stable_until = Date(9999);
    const std::vector<Follow> two = {f, f};
    const auto list = figures(two, 90);
    const auto& rate = find(list, "false_alerts_per_stable_patient_year");
    CHECK(*rate.value == 0.0);
    CHECK(*rate.low == 0.0);
    CHECK(*rate.high == Approx(2.9957 / 20.0027).epsilon(1e-4));  // the rule of three
}

TEST_CASE("figures: without patients every count is 0 and every rate unknown", "[study][figures]") {
    const auto list = figures({}, 90);
    CHECK(*find(list, "patients").value == 0.0);
    CHECK_FALSE(find(list, "alerts_per_patient_year").value);
    CHECK_FALSE(find(list, "alerts_per_patient_year").high);
    CHECK_FALSE(find(list, "share_alerted_before").value);
    CHECK_FALSE(find(list, "landmark_hazard_ratio").value);
    // Names are permanent and unlike each other: scripts read them.
    std::vector<std::string> names;
    for (const auto& f : list)
        names.push_back(f.name);
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

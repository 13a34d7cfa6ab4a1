#include "bellwether/drift/table.hpp"

#include <catch2/catch.hpp>

#include "support/small.hpp"

using namespace bellwether;
using drift::Table;

namespace {

Table table() {
    return Table(small::catalogue(), {{"small", {{"stable", "growing"}, {"ctdna", "mdsc"}}}}, {"chemo"},
                 {"ecog"});
}

FeatureCall call(std::string name, std::string word, std::string model = {}) {
    return {std::move(name), {{ArgType::channel, std::move(word), 0.0}}, std::move(model)};
}

FeatureType type(const FeatureCall& c) {
    std::string why;
    const auto t = table().type_of(c, why);
    REQUIRE(t);
    return *t;
}

std::string refused(const FeatureCall& c) {
    std::string why;
    CHECK_FALSE(table().type_of(c, why));
    return why;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("table: names of every kind of argument, none where anything goes", "[drift][table]") {
    const Table t = table();
    CHECK(t.names(ArgType::channel, "") == Words{"ctdna", "mdsc", "score"});
    CHECK(t.names(ArgType::label, "small") == Words{"stable", "growing"});
    CHECK(t.names(ArgType::label, "other").empty());
    CHECK(t.names(ArgType::reference, "") == Words{"baseline", "nadir", "peak"});
    CHECK(t.names(ArgType::group, "") == Words{"ctdna", "blood"});
    CHECK(t.names(ArgType::regimen, "") == Words{"chemo", "any"});
    CHECK(t.names(ArgType::attribute, "") == Words{"arm", "site", "sex", "trial", "age", "ecog"});
    CHECK(t.names(ArgType::term, "").empty());
    const Table open(small::catalogue(), {});
    CHECK(open.names(ArgType::regimen, "").empty());
    CHECK(open.names(ArgType::attribute, "").empty());
}

TEST_CASE("table: every event that since() takes is a kind of event or the start of a therapy",
          "[drift][table]") {
    for (const auto& name : table().names(ArgType::event, "")) {
        CAPTURE(name);
        CHECK((name == "therapy_start" || parse_event_kind(name).has_value()));
    }
}

TEST_CASE("table: a value carries its channel's unit, a ratio none, a score none", "[drift][table]") {
    for (const char* f : {"value", "last", "baseline", "nadir", "peak", "change"}) {
        CAPTURE(f);
        CHECK(type(call(f, "ctdna")).unit == "%");
        CHECK(type(call(f, "score")).unit.empty());
        CHECK(type(call(f, "ctdna")).visit_channels == Words{"ctdna"});
    }
    for (const char* f : {"fold", "trend", "trend_low", "trend_high", "readings"}) {
        CAPTURE(f);
        CHECK(type(call(f, "ctdna")).unit.empty());
        CHECK(type(call(f, "ctdna")).type == ValueType::number);
    }
}

TEST_CASE("table: types, and what makes a date a point", "[drift][table]") {
    CHECK(type(call("detected", "ctdna")).type == ValueType::truth);
    CHECK(type(call("age_of", "ctdna")).type == ValueType::duration);
    CHECK(type(call("age_of", "ctdna")).clock);
    CHECK(type(call("trend", "ctdna", "")).clock);
    CHECK_FALSE(type(call("fold", "ctdna")).clock);
    CHECK(type(call("on", "chemo")).type == ValueType::truth);
    CHECK(type(call("on", "chemo")).therapy);
    CHECK(type(call("since", "therapy_start")).therapy);
    CHECK_FALSE(type(call("since", "therapy_start")).events);
    CHECK(type(call("since", "progression")).events);
    CHECK(type(call("since", "progression")).type == ValueType::duration);
    CHECK(type(call("toxicity", "any")).events);
    CHECK(type(call("attr", "sex")).type == ValueType::text);
    CHECK(type(call("attr", "age")).type == ValueType::number);
    CHECK(type(call("attr_number", "ecog")).type == ValueType::number);
    const auto p = type(call("P", "growing", "small"));
    CHECK(p.channels == Words{"ctdna", "mdsc"});
    CHECK(p.visit_channels.empty());
    CHECK_FALSE(p.clock);
    CHECK(type(call("forecast", "growing", "small")).clock);
}

TEST_CASE("table: what groups of channels say, each of which the model must have", "[drift][table]") {
    const auto asked = [](std::string name, const Words& groups, std::string model = "small") {
        FeatureCall c{std::move(name), {{ArgType::label, "growing", 0.0}}, std::move(model)};
        for (const auto& g : groups)
            c.args.push_back({ArgType::group, g, 0.0});
        return c;
    };
    for (const auto& c :
         {asked("P", {"ctdna"}), asked("evidence", {"blood"}), asked("disagree", {"ctdna", "blood"})}) {
        const auto t = type(c);
        CHECK((t.type == ValueType::number && t.unit.empty() && !t.clock));
        CHECK(t.channels == Words{"ctdna", "mdsc"});  // as of the last reading of any group
        CHECK(t.visit_channels.empty());
    }
    CHECK(refused(asked("P", {"imaging"})) == "model 'small' has no channel of group 'imaging'");
    CHECK(refused(asked("disagree", {"ctdna", "tissue"})) ==
          "model 'small' has no channel of group 'tissue'");
    CHECK(refused(asked("disagree", {"blood", "blood"})) == "a group does not disagree with itself");
    CHECK(refused(asked("disagree", {"ctdna", "blood"}, "")) == "the group declares no model");
}

TEST_CASE("table: an unknown channel or model is refused by name", "[drift][table][error]") {
    CHECK(refused(call("value", "ctDNA")) == "no channel named 'ctDNA'");
    CHECK(refused(call("P", "growing", "other")) == "no model named 'other'");
    CHECK(refused(call("P", "growing")) == "the group declares no model");
}

TEST_CASE("table: each feature is listed once, with a summary", "[drift][table]") {
    const Table t = table();
    std::map<std::string, int> seen;
    for (const auto& f : t.features()) {
        CHECK_FALSE(f.summary.empty());
        ++seen[f.name];
    }
    CHECK(seen.size() == 25);
    CHECK(seen.size() == t.features().size());
}

TEST_CASE("table: detectors are plain numbers, what they cannot do is refused", "[drift][table]") {
    const auto detector = [](const char* name, double first, double second) {
        return FeatureCall{
            name,
            {{ArgType::channel, "ctdna", 0.0}, {ArgType::number, "", first}, {ArgType::number, "", second}},
            ""};
    };
    for (const char* f : {"cusum", "ewma"}) {
        CAPTURE(f);
        CHECK(type(detector(f, 0.5, 4)).unit.empty());
        CHECK(type(detector(f, 0.5, 4)).type == ValueType::number);
        CHECK(type(detector(f, 0.5, 4)).visit_channels == Words{"ctdna"});
        CHECK_FALSE(type(detector(f, 0.5, 4)).clock);
    }
    const FeatureCall change{
        "changepoint", {{ArgType::channel, "ctdna", 0.0}, {ArgType::duration, "", 84.0}}, ""};
    CHECK(type(change).clock);
    CHECK(refused(detector("cusum", 11, 4)) == "k must lie between 0 and 10 (sd of a reading)");
    CHECK(refused(detector("cusum", 0.5, 0)) == "h must lie above 0 and up to 100 (sd of a reading)");
    CHECK(refused(detector("ewma", 0, 3)) == "lambda must lie above 0 and up to 1");
    CHECK(refused(detector("ewma", 0.2, 11)) == "c must lie above 0 and up to 10 (sd of the EWMA)");
}

#pragma once

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/feed/reader.hpp"

namespace bellwether::feed::test {

inline const ChannelCatalogue& catalogue() {
    static const ChannelCatalogue made = [] {
        ChannelCatalogue c;
        const auto add = [&](const char* name, const char* unit, Scale scale, double low,
                             double high) -> Channel& {
            Channel& x = c[name];
            x.name = name;
            x.unit = unit;
            x.scale = scale;
            x.low = low;
            x.high = high;
            return x;
        };
        add("psa", "ng/mL", Scale::log, 0, 100000);
        add("sld", "mm", Scale::log, 0, 1000);
        add("ctdna", "%", Scale::log, 0, 100).lod = 0.01;
        add("albumin", "g/L", Scale::linear, 0, 100);
        add("score", "1", Scale::linear, -20, 20);
        add("nlr", "1", Scale::log, 0, 1000).derived = true;
        return c;
    }();
    return made;
}

inline Profile profile(const std::string& text) {
    Findings findings;
    auto p = read_profile(text, "p.yaml", catalogue(), findings);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.list.empty());
    return p;
}

/// Patients A and B exist, A has a day zero; it is noon of 2026-11-24.
inline FeedContext context() {
    FeedContext c;
    c.has_patient = [](std::string_view id) { return id == "A" || id == "B"; };
    c.day_zero = [](std::string_view id) {
        return id == "A" ? Date::from_ymd(2026, 1, 1) : std::optional<Date>();
    };
    c.now = *Instant::parse("2026-11-24T12:00Z");
    return c;
}

struct Result {
    FeedCounts counts;
    std::vector<Record> records;
    std::vector<Reject> rejects;

    template <typename T>
    [[nodiscard]] std::vector<T> all() const {
        std::vector<T> out;
        for (const auto& r : records) {
            if (const auto* x = std::get_if<T>(&r.content)) out.push_back(*x);
        }
        return out;
    }
    /// "2:5 F001 what", one for each reject
    [[nodiscard]] std::vector<std::string> refusals() const {
        std::vector<std::string> out;
        for (const auto& r : rejects)
            out.push_back(fmt::format("{}:{} {} {}", r.line, r.column, r.code, r.what));
        return out;
    }
};

inline Result read(const Profile& p, const std::string& text, const FeedContext& c = context(),
                   const ChannelCatalogue& channels = catalogue()) {
    Result out;
    const FeedSink sink{[&](Record&& r) { out.records.push_back(std::move(r)); },
                        [&](Reject&& r) { out.rejects.push_back(std::move(r)); }};
    const auto bytes = feed_from_memory(text);
    out.counts = read_feed(p, channels, c, *bytes, "f.csv", sink);
    return out;
}

/// The code of the Error that a call throws; "" when it throws none.
template <typename Call>
std::string code_of(Call&& call) {
    try {
        call();
    } catch (const Error& e) {
        return e.code();
    }
    return {};
}

using Lines = std::vector<std::string>;

}  // namespace bellwether::feed::test

#include <cmath>
#include <string>

#include <catch2/catch.hpp>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/simulate.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {
Spec shipped(const std::string& file) {
    Findings findings;
    Spec spec = read_spec(read_text(std::string(BELLWETHER_SOURCE_DIR) + "/models/" + file), file, findings);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    CHECK(findings.list.empty());  // not even a warning: every number has a source or a mark
    return spec;
}
}  // namespace

TEST_CASE("shipped models: read without a finding, every source is in the bibliography",
          "[markov][shipped]") {
    const std::string file =
        GENERATE(as<std::string>(), "immuno-oncology/kinetics-bottleneck.yaml", "tumour-size/size-only.yaml",
                 "tumour-size/size-growth.yaml", "tumour-burden/burden.yaml", "serum-marker/on-off.yaml",
                 "tumour-biopsy/biopsy-only.yaml", "immune-drift/mdsc.yaml", "immune-drift/exhaustion.yaml");
    CAPTURE(file);
    const Spec spec = shipped(file);
    const std::string bibliography = read_text(std::string(BELLWETHER_SOURCE_DIR) + "/models/REFERENCES.md");
    for (const Parameter& p : spec.parameters) {
        CAPTURE(p.name, p.source);
        CHECK((p.illustrative || bibliography.find("| " + p.source + " |") != std::string::npos));
    }
    CHECK(broken_anchor(spec, spec.start_values()).empty());
}

TEST_CASE("shipped models: kinetics and bottleneck are read from their own channels", "[markov][shipped]") {
    const Spec spec = shipped("immuno-oncology/kinetics-bottleneck.yaml");
    CHECK(spec.states.size() == 10);
    const auto groups = [&](const char* channel) {
        return spec.channels[*spec.channel_index(channel)].group;
    };
    const int none = Channel::kNone;
    CHECK(groups("ctdna") == std::vector<int>{0, 0, 0, 1, 1, 1, 2, 2, 2, none});
    CHECK(groups("exhaustion_norm") == std::vector<int>{0, 1, 0, 0, 1, 0, 0, 1, 0, none});
    CHECK(groups("mdsc") == std::vector<int>{0, 0, 1, 0, 0, 1, 0, 0, 1, none});
    for (const auto& t : spec.transitions) {
        // No transition moves on both axes at once.
        if (spec.states[t.to].absorbing) continue;
        const auto& from = spec.states[t.from].on_axis;
        const auto& to = spec.states[t.to].on_axis;
        CHECK((from[0] != to[0]) != (from[1] != to[1]));
    }
}

TEST_CASE("shipped models: the immuno-oncology model is found again in data drawn from it",
          "[markov][shipped][recover]") {
    const Spec spec = shipped("immuno-oncology/kinetics-bottleneck.yaml");
    const Values truth = spec.start_values();
    Panel panel(spec);
    std::mt19937_64 random(11);
    for (int i = 0; i < 120; ++i) {
        Schedule schedule;
        schedule.id = std::to_string(i);
        for (int v = 0; v < 25; ++v) {
            schedule.days.push_back(21.0 * v);
            schedule.covariates.push_back({v < 15 ? 1.0 : 0.0});
        }
        schedule.first_value = {3, 60, 0, 5, 8, 3, 1};
        schedule.lower_limit = {0.1, 5, -100, 1e-9, 1e-9, 1e-9, 1e-9};
        schedule.missing = 0.2;
        simulate(spec, truth, schedule, random, panel);
    }
    const ParameterSet fitted = fit(spec, panel);
    CAPTURE(fitted.summary.why);
    CHECK(fitted.usable());
    for (std::size_t p = 0; p < truth.size(); ++p) {
        const Parameter& q = spec.parameters[p];
        if (q.fixed) continue;
        CAPTURE(q.name);
        CHECK(std::abs(q.free_from(fitted.values[p]) - q.free_from(truth[p])) <
              4 * *fitted.standard_error[p]);
    }
}

#include "bellwether/markov/model.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/core/hash.hpp"
#include "bellwether/markov/simulate.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {

const std::string kPlain = R"(
# a comment, with "quotes" and a tab	in it
schema: 1
model: plain
numbers: illustrative

states: [{name: a}, {name: b}]
transitions: [{from: a, to: b, rate: 0.02}, {from: b, to: a, rate: 0.01}]
channels: [{name: x, says: level, family: normal, mean: {a: 0, b: 2}, sd: 0.7}]
start: {probabilities: {a: 1}}
)";

Panel drawn(const Spec& spec, std::size_t subjects) {
    Panel panel(spec);
    std::mt19937_64 random(3);
    for (std::size_t i = 0; i < subjects; ++i) {
        Schedule schedule;
        schedule.id = "patient \"" + std::to_string(i) + "\"";
        for (int v = 0; v < 8; ++v)
            schedule.days.push_back(30.0 * v);
        simulate(spec, spec.start_values(), schedule, random, panel);
    }
    return panel;
}

Panel shuffled(const Spec& spec, const Panel& panel) {
    std::vector<std::size_t> order(panel.subjects());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = order.size() - 1 - i;
    std::swap(order[0], order[order.size() / 2]);
    Panel out(spec);
    for (const std::size_t s : order) {
        out.begin_subject(panel.id(s));
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i)
            out.add(panel.row(i));
    }
    return out;
}

bool same_bits(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

}  // namespace

TEST_CASE("fit_folds: a subject is scored by parameters that never saw it", "[markov][model]") {
    const Spec spec = oracle::spec_of(kPlain);
    const Panel panel = drawn(spec, 60);
    const FittedModel model = fit_folds(spec, panel, 3, "2026-01-31", {}, 2);
    CHECK(model.sets.size() == 4);
    CHECK(model.full().subjects == 60);
    CHECK(model.usable());
    CHECK(model.why_not_usable().empty());
    std::size_t left_out = 0;
    for (std::size_t k = 0; k < 3; ++k) {
        const ParameterSet alone =
            fit(spec, panel.subset([&](const std::string& id) { return model.set_for(id) != k; }));
        CHECK(alone.values == model.sets[k].values);
        left_out += 60 - model.sets[k].subjects;
    }
    CHECK(left_out == 60);
    CHECK(model.set_for("somebody new") == 3);

    SECTION("on any number of threads") {
        CHECK(write_model(fit_folds(spec, panel, 3, "2026-01-31", {}, 1)) == write_model(model));
    }
    SECTION("under the fingerprint of its panel, or the one that it is given") {
        CHECK(model.data_fingerprint == panel.fingerprint());
        CHECK(fit_folds(spec, panel, 0, "2026-01-31", {}, 1, "of the file").data_fingerprint ==
              "of the file");
    }
    SECTION("whatever the order of the subjects") {
        const Panel other = shuffled(spec, panel);
        CHECK(other.fingerprint() == panel.fingerprint());
        CHECK(fit_folds(spec, other, 3, "2026-01-31").fold_of == model.fold_of);
    }
    SECTION("and whoever else is there") {
        const Panel half = panel.subset([&](const std::string& id) { return id.size() % 2 == 0; });
        for (std::size_t s = 0; s < half.subjects(); ++s)
            CHECK(fold_of(half.id(s), 3) == model.fold_of.at(half.id(s)));
        CHECK(half.fingerprint() != panel.fingerprint());
    }
}

TEST_CASE("write_model: read back it is the same, to the last bit", "[markov][model][property]") {
    const Spec spec = oracle::spec_of(kPlain);
    const FittedModel model = fit_folds(spec, drawn(spec, 40), 2, "2026-01-31");
    const std::string text = write_model(model);
    Findings findings;
    const FittedModel back = read_model(text, "m.yaml", findings);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.ok());
    CHECK(write_model(back) == text);
    CHECK(back.spec.text == spec.text);
    CHECK(back.spec_hash == sha256_hex(spec.text));
    CHECK(back.data_fingerprint == model.data_fingerprint);
    CHECK(back.date == "2026-01-31");
    CHECK(back.fold_of == model.fold_of);
    CHECK(back.usable() == model.usable());
    REQUIRE(back.sets.size() == model.sets.size());
    for (std::size_t k = 0; k < back.sets.size(); ++k) {
        CHECK(back.sets[k].values == model.sets[k].values);
        CHECK(back.sets[k].standard_error == model.sets[k].standard_error);
        CHECK(back.sets[k].covariance == model.sets[k].covariance);
        CHECK(same_bits(back.sets[k].summary.final_log_lik, model.sets[k].summary.final_log_lik));
        CHECK(back.sets[k].summary.why == model.sets[k].summary.why);
    }
}

TEST_CASE("write_model: a failed fit is kept with its reason, and is not usable", "[markov][model]") {
    const Spec spec = oracle::spec_of(kPlain);
    FitOptions options;
    options.from = spec.start_values();
    options.from[0] = std::nan("");
    const FittedModel model = fit_folds(spec, drawn(spec, 5), 0, "2026-01-31", options);
    CHECK_FALSE(model.usable());
    Findings findings;
    const FittedModel back = read_model(write_model(model), "m.yaml", findings);
    REQUIRE(findings.ok());
    CHECK(back.why_not_usable() == "the fit to all subjects: bad_start: 'rate(a>b)' starts at nan");
    CHECK(std::isnan(back.sets[0].values[0]));
}

TEST_CASE("read_model: a file that was tampered with is refused", "[markov][model][error]") {
    const Spec spec = oracle::spec_of(kPlain);
    const std::string text = write_model(fit_folds(spec, drawn(spec, 20), 0, "2026-01-31"));
    const auto code_of = [&](const std::string& from, const std::string& to) {
        std::string changed = text;
        changed.replace(changed.find(from), from.size(), to);
        Findings findings;
        (void)read_model(changed, "m.yaml", findings);
        REQUIRE_FALSE(findings.ok());
        return findings.list.front().code;
    };
    CHECK(code_of("sd: 0.7}", "sd: 0.8}") == "M040");
    CHECK(code_of("name: \"rate(a>b)\"", "name: \"rate(b>a)\"") == "M041");
    CHECK(code_of("folds: 0", "folds: 3") == "M041");
    CHECK(code_of("end: converged", "end: perfect") == "M041");
}

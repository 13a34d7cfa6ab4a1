#include <cmath>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

// The CAV data belong to the msm package (GPL): read where they lie, never copied here.
const std::string kFolder = std::string(BELLWETHER_SOURCE_DIR) + "/../shared/reference/msm";

const std::string kCav = R"(
schema: 1
model: cav
numbers: illustrative
states:
  - {name: s1}
  - {name: s2}
  - {name: s3}
  - {name: dead, absorbing: true, entry: exact}
transitions:   # per year: the data count years
  - {from: s1, to: s2, rate: 0.25}
  - {from: s1, to: dead, rate: 0.25}
  - {from: s2, to: s1, rate: 0.166}
  - {from: s2, to: s3, rate: 0.166}
  - {from: s2, to: dead, rate: 0.166}
  - {from: s3, to: s2, rate: 0.25}
  - {from: s3, to: dead, rate: 0.25}
channels:
  - {name: state, says: level, family: categorical, identity: true}
start: {probabilities: {s1: 1}}
)";

Panel cav(const Spec& spec) {
    Panel panel(spec);
    std::ifstream file(kFolder + "/data/cav.csv");
    std::string line, last;
    std::getline(file, line);
    while (std::getline(file, line)) {
        const auto cells = split(line, ',');
        if (cells[0] != last) panel.begin_subject(last = cells[0]);
        const int state = std::stoi(cells[7]);
        const Reading reading[] = {state == 4 ? Reading{} : Reading::of(state - 1)};
        Row row;
        row.time = Days{std::stod(cells[2])};
        row.kind = state == 4 ? Kind::exact_entry : Kind::snapshot;
        row.state = 3;
        row.readings = reading;
        panel.add(row);
    }
    return panel;
}

bool present() {
    if (std::filesystem::exists(kFolder + "/data/cav.csv")) return true;
    WARN("skipped: the reference data of msm are not beside this source tree");
    return false;
}

}  // namespace

TEST_CASE("Likelihood: cav_4state at its start values equals msm, subject by subject",
          "[markov][msm][reference]") {
    // Reference: msm 1.7, case cav_4state: -2 log likelihood 4908.81676835902 at the start values, no
    // optimiser involved; gradient of it by log intensity as printed by msm (analytic).
    if (!present()) return;
    const Spec spec = oracle::spec_of(kCav);
    const Panel panel = cav(spec);
    CHECK(panel.subjects() == 622);
    CHECK(panel.rows() == 2846);
    const Likelihood likelihood(spec, panel);
    const Values start = spec.start_values();
    std::vector<double> gradient;
    CHECK_THAT(-2 * likelihood.value(start, gradient), WithinRel(4908.81676835902, 1e-9));
    const double expected[] = {540.359172312038, 1076.01911064262, -138.360491901947, -65.2810790480603,
                               101.347537192071};
    for (std::size_t i = 0; i < 5; ++i)
        CHECK_THAT(-2 * gradient[i], WithinRel(expected[i], 1e-6));

    std::ifstream file(kFolder + "/cases/cav_4state.json");
    const auto reference = nlohmann::json::parse(file);
    const auto& by_subject = reference["loglik_by_subject_at_init"];
    const std::vector<double> each = likelihood.by_subject(start);
    REQUIRE(by_subject["loglik"].size() == each.size());
    for (std::size_t s = 0; s < each.size(); ++s) {
        CAPTURE(s);
        CHECK(by_subject["subject"][s].get<std::string>() == panel.id(s));
        CHECK_THAT(each[s], WithinAbs(by_subject["loglik"][s].get<double>(), 1e-8));
    }
}

TEST_CASE("fit: cav_4state reaches msm's polished maximum, estimates and intervals",
          "[markov][msm][reference]") {
    // Reference: msm 1.7 polished with Newton steps: -2 log likelihood 3968.79788120153 (a user's call stops
    // at 3968.8029198598); intensities and their standard errors as printed there.
    if (!present()) return;
    const Spec spec = oracle::spec_of(kCav);
    const ParameterSet fitted = fit(spec, cav(spec));
    CAPTURE(fitted.summary.why);
    CHECK(fitted.summary.end == FitSummary::End::converged);
    CHECK(fitted.usable());
    CHECK(-2 * fitted.summary.final_log_lik <= 3968.79788120153 + 1e-4);
    struct Expected {
        const char* name;
        double rate, se;
    };
    for (const Expected& e : {Expected{"rate(s1>s2)", 0.127874246856192, 0.00902272928566125},
                              {"rate(s1>dead)", 0.0424853658385346, 0.00476340356717751},
                              {"rate(s2>s1)", 0.225101600834827, 0.0339215985812732},
                              {"rate(s2>s3)", 0.342595646152582, 0.0395836665664087},
                              {"rate(s2>dead)", 0.040265989278037, 0.0260551284181001},
                              {"rate(s3>s2)", 0.130623845705945, 0.033080553927858},
                              {"rate(s3>dead)", 0.306459591633584, 0.0393896771155072}}) {
        const auto p = *spec.parameter_index(e.name);
        CAPTURE(e.name);
        CHECK_THAT(fitted.values[p], WithinRel(e.rate, 1e-5));
        CHECK_THAT(*fitted.standard_error[p] * fitted.values[p], WithinRel(e.se, 1e-3));
    }
}

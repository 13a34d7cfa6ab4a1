#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/simulate.hpp"

#include "study/support/scores.hpp"

using namespace bellwether;
using namespace bellwether::study;
using namespace scores;

// Are the probabilities of a state model true where the model is? Patients are drawn from a shipped
// specification at its start values and filtered by it, as a store would be: at a landmark visit with what
// was read so far. Those of whom p is said must be in the state, or die, in a share p. The same figures
// must break when the model is wrong.
namespace {

constexpr std::size_t landmark = 6, last = 10;  // visits, three weeks apart
constexpr double gap = 21.0, ahead = gap * static_cast<double>(last - landmark);

markov::Spec spec_of(const std::string& file, const std::string& from = {}, const std::string& to = {}) {
    std::string text = read_text(std::string(BELLWETHER_SOURCE_DIR) + "/models/" + file);
    std::size_t swapped = 0;
    for (auto at = text.find(from); !from.empty() && at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
        ++swapped;
    }
    CHECK((from.empty() || swapped > 0));
    Findings findings;
    auto spec = markov::read_spec(text, file, findings);
    CHECK(findings.ok());
    return spec;
}

struct Drawn {
    markov::Panel panel;
    std::vector<std::vector<std::size_t>> states;  ///< per subject and row
};

Drawn draw(const markov::Spec& spec, std::size_t patients, unsigned seed = 20261201) {
    const auto first_value =
        spec.name == "burden" ? std::vector<double>{} : std::vector<double>{3, 60, 0, 5, 8, 3, 1};
    Drawn d{markov::Panel(spec), {}};
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < patients; ++i) {
        markov::Schedule schedule;
        schedule.id = std::to_string(i);
        for (std::size_t v = 0; v <= last; ++v) {
            schedule.days.push_back(gap * static_cast<double>(v));
            schedule.covariates.emplace_back(spec.covariates.size(), 1.0);
        }
        schedule.first_value.assign(first_value.begin(), first_value.end());
        schedule.missing = 0.2;
        schedule.whole_days = false;
        d.states.push_back(markov::simulate(spec, spec.start_values(), schedule, random, d.panel));
    }
    return d;
}

/// What is asked: the label at the landmark; the label later (who is dead by then is in no other state);
/// death by then.
enum class Asked { now, later, death };

/// A row per patient who is alive at the landmark; death is censored, for some, at a time of their own.
std::vector<ScoredRow> rows_of(const Drawn& d, const markov::Spec& truth, const markov::Spec& model,
                               const markov::Values& values, const std::string& label, Asked asked) {
    markov::TransitionCache cache(model, values);
    const markov::Filter filter(cache);
    const auto wanted = truth.states_with(label);
    REQUIRE(wanted != 0);
    std::mt19937_64 random(7);
    std::uniform_real_distribution<double> leaves(1.0, 2.5 * ahead);
    std::vector<ScoredRow> rows;
    markov::Step step;
    for (std::size_t s = 0; s < d.panel.subjects(); ++s) {
        const std::size_t first = d.panel.first_row(s), n = d.panel.end_row(s) - first;
        if (n <= landmark || truth.states[d.states[s][landmark]].absorbing) continue;
        auto state = filter.start();
        for (std::size_t v = 0; v <= landmark; ++v)
            filter.step(state, d.panel.row(first + v), step);
        const auto p =
            asked == Asked::now ? markov::probabilities(state) : filter.forecast(state, Days{ahead});
        ScoredRow row{rows.size(), 0, 1.0, ScoreEnd::censored,
                      std::clamp(markov::probability(p, wanted), 0.0, 1.0)};
        const std::size_t end = d.states[s].back();
        if (asked == Asked::death) {
            const bool died = truth.states[end].absorbing;
            const double until =
                died ? d.panel.row(first + n - 1).time.count - gap * static_cast<double>(landmark) : ahead;
            const double lost = leaves(random);
            row.time = std::min(until, lost);
            row.end = died && until <= lost ? ScoreEnd::event : ScoreEnd::censored;
        } else if (markov::contains(wanted, asked == Asked::now ? d.states[s][landmark] : end)) {
            row.end = ScoreEnd::event;
        }
        rows.push_back(row);
    }
    return rows;
}

/// How far the observed shares of ten groups lie from what was said of them, in binomial standard errors:
/// the sum of squares, a chi-square of 10 where the model is true (its 99.9% point is 29.6), and the
/// largest.
struct Misfit {
    double chi_square = 0.0, largest = 0.0;
};

Misfit misfit(const std::vector<ScoredRow>& rows, Asked asked) {
    const auto f =
        ScoreSample(rows, rows.size(), {ScoreKind::probability, asked == Asked::death ? ahead : 1.0, 10, {}})
            .estimate({100, 1});
    Misfit m;
    for (const auto& g : f.groups) {
        // Of those who left early half a life is known at worst: an allowance for the larger error of
        // Kaplan-Meier.
        const double known = static_cast<double>(g.rows) *
                             (1.0 - 0.5 * static_cast<double>(f.censored) / static_cast<double>(f.rows));
        const double z =
            (*g.observed.value - g.mean_score) / std::sqrt(g.mean_score * (1.0 - g.mean_score) / known);
        m.chi_square += z * z;
        m.largest = std::max(m.largest, std::abs(z));
    }
    return m;
}

const std::string kinetics = "immuno-oncology/kinetics-bottleneck.yaml", burden = "tumour-burden/burden.yaml";

}  // namespace

TEST_CASE("state probabilities: where the model is true, p happens in a share p",
          "[study][score][calibration]") {
    struct Question {
        std::string file, label;
        Asked asked;
    };
    for (const auto& file : {kinetics, burden}) {
        const auto spec = spec_of(file);
        const auto drawn = draw(spec, 4000);
        std::vector<Question> questions = {{file, "growing", Asked::now},
                                           {file, "growing", Asked::later},
                                           {file, "shrinking", Asked::now},
                                           {file, "dead", Asked::death}};
        if (file == kinetics)
            questions.insert(questions.end(),
                             {{file, "exhausted", Asked::now}, {file, "suppressed", Asked::later}});
        for (const auto& q : questions) {
            CAPTURE(q.file, q.label, static_cast<int>(q.asked));
            const auto rows = rows_of(drawn, spec, spec, spec.start_values(), q.label, q.asked);
            const auto m = misfit(rows, q.asked);
            CHECK(rows.size() > 3000);
            CHECK(m.chi_square < 29.6);
            CHECK(m.largest < 4.0);
        }
    }
}

TEST_CASE("state probabilities: those of a model fitted to other patients happen as said, too",
          "[study][score][calibration]") {
    // 500 patients to fit, 4,000 others to be told of. The parameters have errors now, which are the same
    // for all of a group: the sum of squares is let up to twice the limit of the true model, still far
    // below that of a wrong one.
    const auto spec = spec_of(kinetics);
    const auto fitted = markov::fit(spec, draw(spec, 500, 5).panel);
    REQUIRE(fitted.usable());
    const auto drawn = draw(spec, 4000);
    for (const auto& [label, asked] : std::vector<std::pair<std::string, Asked>>{
             {"growing", Asked::now}, {"growing", Asked::later}, {"dead", Asked::death}}) {
        CAPTURE(label, static_cast<int>(asked));
        const auto m = misfit(rows_of(drawn, spec, spec, fitted.values, label, asked), asked);
        CHECK(m.chi_square < 59.2);
    }
}

TEST_CASE("state probabilities: a wrong model is seen to be wrong", "[study][score][calibration]") {
    struct Wrong {
        std::string file, from, to, label;
        Asked asked;
    };
    for (const auto& w :
         {// Growing patients die at twice the rate.
          Wrong{kinetics, "to: dead, rate: {start: 0.003,", "to: dead, rate: {start: 0.006,", "dead",
                Asked::death},
          // Readings are thought half as noisy as they are: too sure of everything.
          Wrong{kinetics, "sd: {start: 0.35,", "sd: {start: 0.17,", "growing", Asked::now},
          // Growth under a bottleneck is thought to come nearly four times as often.
          Wrong{kinetics, "start: 0.008, tie: growth", "start: 0.03, tie: growth", "growing", Asked::later},
          Wrong{burden, "noise: {start: 0.25,", "noise: {start: 0.1,", "growing", Asked::now}}) {
        CAPTURE(w.file, w.from);
        const auto spec = spec_of(w.file), wrong = spec_of(w.file, w.from, w.to);
        const auto drawn = draw(spec, 4000);
        const auto m = misfit(rows_of(drawn, spec, wrong, wrong.start_values(), w.label, w.asked), w.asked);
        CHECK(m.chi_square > 60.0);
    }
}

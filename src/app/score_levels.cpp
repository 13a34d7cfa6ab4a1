#include "score_levels.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>

#include <fmt/format.h>

namespace bellwether::app {
namespace {

using study::ScoreMeasure;

/// Figures that are no statement about the others: the null score says what the risk says.
constexpr std::array kTested = {
    ScoreMeasure::c_harrell,   ScoreMeasure::c_uno,        ScoreMeasure::auc,
    ScoreMeasure::sensitivity, ScoreMeasure::specificity,  ScoreMeasure::observed_risk,
    ScoreMeasure::brier,       ScoreMeasure::brier_scaled, ScoreMeasure::observed_less_predicted};
/// At a single landmark the AUC alone: with every test more the correction for all of them costs more.
constexpr std::array kTestedAtEach = {ScoreMeasure::auc};

/// Patients of a level, each once, however many landmarks show the same event.
struct Level {
    std::set<std::size_t> with_event, free;  ///< by the horizon; who is censored before it is in neither
};

/// Who stands in the levels of a factor, at one landmark or at all.
struct Membership {
    std::map<std::string, Level> levels;
    bool several = false;     ///< somebody stands in more than one: the levels are not independent
    std::size_t unknown = 0;  ///< patients of whom no level is known
};

Membership membership(const ScoreCohort& cohort, const std::string& factor, const std::string& landmark,
                      double horizon) {
    Membership m;
    std::map<std::size_t, std::set<std::string>> levels_of;
    for (std::size_t i = 0; i < cohort.rows.size(); ++i) {
        const auto& row = cohort.rows[i];
        if (!landmark.empty() && landmark_name(cohort, row.landmark) != landmark) continue;
        const auto name = level_of(cohort, i, factor);
        levels_of[row.patient].insert(name);
        const bool ended = row.time <= horizon && row.end != study::ScoreEnd::censored;
        if (ended && row.end == study::ScoreEnd::event)
            m.levels[name].with_event.insert(row.patient);
        else if (ended || row.time >= horizon)
            m.levels[name].free.insert(row.patient);
    }
    for (auto& [patient, of] : levels_of) {
        m.unknown += of.erase("");
        m.several = m.several || of.size() > 1;
    }
    return m;
}

/// Why a level takes no part in a test; nothing when it does.
std::string unfit(const Membership& who, const std::string& name, const study::Estimate& e) {
    if (who.several) return "a patient stands in several levels";
    const auto found = who.levels.find(name);
    const auto& level = found == who.levels.end() ? Level() : found->second;
    if (level.with_event.size() < kLeastEnds)
        return fmt::format("fewer than {} patients with the event", kLeastEnds);
    if (level.free.size() < kLeastEnds)
        return fmt::format("fewer than {} patients known to be free of the event", kLeastEnds);
    if (!e.value) return "no value";
    return e.error && *e.error > 0.0 ? "" : "no standard error";
}

ScoreTest test_of(std::span<const ScoreSlice> levels, ScoreMeasure figure, const Membership& who) {
    ScoreTest t{levels.front().landmark, levels.front().factor, figure, {}, 1.0, {}};
    std::vector<study::Measured> measured;
    for (const auto& s : levels) {
        const auto& e = s.figures.measures[static_cast<std::size_t>(figure)];
        const std::string why = unfit(who, s.level, e);
        if (why.empty())
            measured.push_back({*e.value, *e.error});
        else
            t.left_out.push_back(s.level + ": " + why);
    }
    if (who.unknown > 0) t.left_out.push_back(fmt::format("unknown: {} patients", who.unknown));
    if (measured.size() > 1) t.test = study::equal_figures(measured);
    return t;
}

void adjust(std::vector<ScoreTest>& tests) {
    std::vector<double> p;
    for (const auto& t : tests)
        if (t.test.degrees > 0) p.push_back(t.test.p);
    const auto adjusted = study::holm(p);
    std::size_t next = 0;
    for (auto& t : tests)
        if (t.test.degrees > 0) t.p_holm = adjusted[next++];
}

}  // namespace

std::string level_of(const ScoreCohort& cohort, std::size_t row, const std::string& factor) {
    const auto found = cohort.groups[row].find(factor);
    return found == cohort.groups[row].end() ? std::string() : found->second;
}

std::string landmark_name(const ScoreCohort& cohort, std::size_t landmark) {
    const auto& name = cohort.landmarks[landmark].name;
    return name.empty() ? "without a name" : name;
}

std::vector<ScoreTest> compare_levels(const ScoreCohort& cohort, const std::vector<ScoreSlice>& slices,
                                      double horizon) {
    std::vector<ScoreTest> tests;
    for (auto first = slices.begin(); first != slices.end();) {
        const auto last = std::find_if(first, slices.end(), [&](const ScoreSlice& s) {
            return s.factor != first->factor || s.landmark != first->landmark;
        });
        const std::span<const ScoreSlice> levels(first, last);
        first = last;
        if (levels.front().factor.empty()) continue;
        const auto& landmark = levels.front().landmark;
        const auto who = membership(cohort, levels.front().factor, landmark, horizon);
        const auto figures = landmark.empty() ? std::span<const ScoreMeasure>(kTested)
                                              : std::span<const ScoreMeasure>(kTestedAtEach);
        for (const auto figure : figures)
            // A figure that this kind of score has nowhere is no question.
            if (std::any_of(levels.begin(), levels.end(), [&](const ScoreSlice& s) {
                    return s.figures.measures[static_cast<std::size_t>(figure)].value.has_value();
                }))
                tests.push_back(test_of(levels, figure, who));
    }
    adjust(tests);
    return tests;
}

}  // namespace bellwether::app

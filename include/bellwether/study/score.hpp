#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bellwether/study/bootstrap.hpp"
#include "bellwether/study/measures.hpp"

/// How a score that was read at a landmark fared against what came after it: does it rank the patients
/// (AUC, C), is it true as a probability (Brier score, calibration), would acting on it do more good than
/// harm (net benefit)?
///
/// Terms. Time counts from the landmark. A *case* at the horizon t had the event at a time <= t. A
/// *control* is known to be free of it at t: followed to t or beyond, or ended by a competing end (death
/// before progression) at a time <= t. Who was censored before t is neither; those like him who were
/// followed longer speak for him, with the weight 1 / G: G is the Kaplan-Meier estimate of staying
/// uncensored, with competing ends as ends. A row that ended at T <= t has 1 / G(T-), one that was followed
/// to t has 1 / G(t-); at equal times ends come before censorings. These are the weights of R's
/// survival::rttright; they add up to the number of rows.
///
/// Rows of different landmarks are never compared: each landmark has a G of its own, numerators and
/// denominators are summed over landmarks (the strata of R's concordance).
namespace bellwether::study {

enum class ScoreEnd : std::uint8_t { censored, event, competing };

/// One patient at one landmark.
struct ScoredRow {
    std::size_t patient = 0;   ///< 0, 1, ...: all rows of a patient are drawn together
    std::size_t landmark = 0;  ///< 0, 1, ...
    double time = 0.0;         ///< days from the landmark to `end`; above 0
    ScoreEnd end = ScoreEnd::censored;
    double score = 0.0;  ///< higher: the event is expected sooner
};

/// What a score may be asked. Only a probability has a Brier score, is calibrated, or has a net benefit
/// along thresholds; a yes or no (an open alert) has sensitivity, specificity and a net benefit.
enum class ScoreKind : std::uint8_t { number, yes_no, probability };

struct ScoreRequest {
    ScoreKind kind = ScoreKind::number;
    double horizon = 180.0;               ///< days from the landmark, above 0; 180: illustrative
    std::size_t groups = 5;               ///< of equal size by score, for the table of risks; 1 to 100
    std::vector<double> thresholds = {};  ///< of net benefit: risks above 0 and below 1
};

enum class ScoreMeasure {
    /// Harrell's C over all of the follow-up; a competing end counts as a censoring. R's
    /// concordance(Surv(time, end == event) ~ score).
    c_harrell,
    /// Uno's C for events up to the horizon: pairs weighted by 1 / G(T-)^2; R's timewt = "n/G2", ymax =
    /// horizon. Who ended by a competing end counts as never having the event (Wolbers et al. 2014): a pair
    /// of an event at T and a competing end at U < T has the weight 1 / (G(T-) G(U-)).
    c_uno,
    /// Cumulative/dynamic AUC at the horizon: how probably a case has a higher score than a control.
    auc,
    /// The same against controls that were followed to the horizon alone, without competing ends (the other
    /// definition of Blanche et al. 2013). Nothing where there is no competing end.
    auc_event_free,
    sensitivity,     ///< share of cases with a score of at least 0.5; yes_no only
    specificity,     ///< share of controls below it; yes_no only
    observed_risk,   ///< of the event by the horizon: Kaplan-Meier; Aalen-Johansen with competing ends
    mean_predicted,  ///< probability only, as all that follow
    observed_less_predicted,  ///< calibration in the large
    observed_over_predicted,
    brier,         ///< mean squared distance of the probability from what happened; 0 is perfect
    brier_null,    ///< that of the observed risk, said of everybody
    brier_scaled,  ///< 1 - brier / brier_null: 0 says no more than the observed risk does, 1 is perfect
};
[[nodiscard]] const std::vector<std::string>& score_measure_names();  ///< in the order of ScoreMeasure

/// Rows whose scores lie in one band, all landmarks together.
struct RiskGroup {
    double low = 0.0, high = 0.0;  ///< least and greatest score in it
    std::size_t rows = 0, events = 0, competing = 0;
    double mean_score = 0.0;
    Estimate observed;  ///< risk of the event by the horizon
};

/// Patients treated when their score is at least `threshold`: true positives less false positives, each of
/// the latter weighed threshold / (1 - threshold), per row.
struct NetBenefit {
    double threshold = 0.0;
    Estimate score, all;  ///< treating by the score, and everybody; treating nobody has 0
};

struct ScoreFigures {
    std::size_t rows = 0, patients = 0;
    std::size_t events = 0, competing = 0;  ///< by the horizon
    std::size_t censored = 0;               ///< before the horizon: what became of them is not known
    std::size_t free = 0;                   ///< followed to the horizon without either
    std::vector<Estimate> measures;         ///< in the order of ScoreMeasure
    std::vector<RiskGroup> groups;
    std::vector<NetBenefit> net_benefit;
};

/// One cohort, laid out so that its figures can be asked for again and again with other weights.
///
/// A figure at the horizon has no value where somebody's fate at it is unknown and nobody was followed so
/// long.
///
/// @source AUC: Uno et al. 2007, J Am Stat Assoc 102:527-537; Hung & Chiang 2010, Can J Stat 38:8-26;
///         Blanche, Dartigues & Jacqmin-Gadda 2013, Stat Med 32:5381-5397. C: Harrell et al. 1982; Uno et
///         al. 2011, Stat Med 30:1105-1117; Wolbers et al. 2014, Biostatistics 15:526-539. Brier: Graf et
///         al. 1999, Stat Med 18:2529-2545; Gerds & Schumacher 2006, Biom J 48:1029-1040; scaled: Kattan &
///         Gerds 2018, Diagn Progn Res 2:7. Risk: Aalen & Johansen 1978. Net benefit: Vickers & Elkin 2006,
///         Med Decis Making 26:565-574; with censoring: Vickers et al. 2008, BMC Med Inform Decis Mak 8:53.
/// @tested tests/study/score_test.cpp: R's survival (concordance, rttright, survfit), closed cases, sums
///         over all pairs; weights against copied patients
class ScoreSample {
public:
    /// @throws Error U001 a time that is not above 0; U002 a score that is no number; U008 a request out of
    ///         range; U009 a score outside 0 to 1 that is called a probability, one other than 0 and 1
    ///         called yes or no, or a patient twice at one landmark
    ScoreSample(std::span<const ScoredRow> rows, std::size_t patients, ScoreRequest request);
    ~ScoreSample();
    ScoreSample(ScoreSample&&) noexcept;
    ScoreSample& operator=(ScoreSample&&) noexcept;

    /// Measures, then the observed risk of each group, then of each threshold the net benefit of the score
    /// and of treating all.
    /// @param weights  how often each patient counts
    /// @cost  rows times (groups + thresholds + log rows)
    void figures(std::span<const std::uint32_t> weights, std::vector<std::optional<double>>& out) const;
    /// Counts and figures with 95% intervals over patients (study::intervals). A figure that is the same in
    /// every draw has none; an observed risk of 0 or 1 has Wilson's, over the patients whose fate is known.
    /// @throws Error U003
    [[nodiscard]] ScoreFigures estimate(const Bootstrap& how) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace bellwether::study

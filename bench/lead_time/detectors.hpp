#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bellwether/markov/model.hpp"

#include "patients.hpp"

/// Detectors: one forward pass over a patient, a score per visit; an alert is the first score above a
/// threshold.
namespace lead_time {

struct Score {
    double day, value;
};

using Scores = std::vector<Score>;
/// One worker's detector; may keep memory between patients.
using Detector = std::function<void(const Course&, Scores&)>;
/// Makes a detector for each worker.
using MakeDetector = std::function<Detector()>;

// On log ctDNA alone.
void single(const Course& course, Scores& out);  ///< reading against the lowest before it
void two(const Course& course, Scores& out);     ///< the lower of two in a row against the lowest before them
void mean3(const Course& course, Scores& out);   ///< mean of three against its lowest before
/// One-sided CUSUM of the changes, each less an allowance of a quarter of a reading's sd.
[[nodiscard]] Detector cusum(double sd);

/// Posterior log odds that the volume is rising, over a grid of (f, d, g) and all levels, with the prior of
/// the population and its plateaus and flat courses: it knows the shape of the curves and how the parameters
/// are spread, not those of the patient. A reference,
/// no strict ceiling under a limit on the worst kind of null.
[[nodiscard]] Detector structural(const Setting& setting);

/// The library's filter of a fitted growth model: log odds of "growing". With CT: its scans are visits too.
[[nodiscard]] Detector growth(std::shared_ptr<const bellwether::markov::ParameterSet> fitted,
                              std::shared_ptr<const bellwether::markov::Spec> spec, bool with_ct);
[[nodiscard]] std::shared_ptr<const bellwether::markov::Spec> growth_spec(bool with_ct,
                                                                          const Setting& setting);
/// Fits the growth model to patients of its own seed: both fractions, plateaus and flat courses.
[[nodiscard]] std::shared_ptr<const bellwether::markov::ParameterSet> train(
    const bellwether::markov::Spec& spec, const Setting& setting, bool with_ct, unsigned threads);

}  // namespace lead_time

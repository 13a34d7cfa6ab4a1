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

/// What a detector that knows the shape of the curves believes before anything is read: a third each of
/// regrowth, plateau and flat; the fraction left uniform in its logarithm, 0.003 to 0.6; half-life and
/// doubling time as in `draw`, zd and zg standard normal. A level is anything.
constexpr double kLeastLogFraction = -5.809142990314028, kMostLogFraction = -0.5108256237659907;
[[nodiscard]] Tumour tumour_of(Kind kind, double log_fraction, double zd, double zg);

/// Posterior log odds that the volume is rising, over a grid of (f, d, g) and all levels: it knows the shape
/// of the curves and how the parameters are spread, not those of the patient. A reference, no strict ceiling
/// under a limit on the worst kind of null.
/// @param points  of each rate, equally likely parts of its distribution
[[nodiscard]] Detector structural(const Setting& setting, int fractions = 14, int points = 10);

/// The same posterior by particles: the rates of a patient are random and do not change, so particles of
/// (kind, f, d, g) are weighed by each reading, and where few carry the weight drawn anew and moved by steps
/// that leave the posterior of all readings so far as it is.
/// @source Chopin 2002, Biometrika 89(3):539-552 [Chopin2002]; Gilks & Berzuini 2001, J. R. Stat. Soc. B
///         63(1):127-146 [GilksBerzuini2001]
/// @cost   particles x visits, and particles x visits^2 / 2 where drawn anew at each
[[nodiscard]] Detector particles(const Setting& setting, std::size_t count = 1000);

/// The library's filter of a fitted growth model: log odds of "growing". With CT: its scans are visits too.
[[nodiscard]] Detector growth(std::shared_ptr<const bellwether::markov::ParameterSet> fitted,
                              std::shared_ptr<const bellwether::markov::Spec> spec, bool with_ct);
[[nodiscard]] std::shared_ptr<const bellwether::markov::Spec> growth_spec(bool with_ct,
                                                                          const Setting& setting);
/// Fits the growth model to patients of its own seed: both fractions, plateaus and flat courses.
[[nodiscard]] std::shared_ptr<const bellwether::markov::ParameterSet> train(
    const bellwether::markov::Spec& spec, const Setting& setting, bool with_ct, unsigned threads);

}  // namespace lead_time

#pragma once

#include <random>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"

/// What the engine is checked against: written apart from it, slow and plain.
namespace oracle {

/// The specification, or a failed test with its findings.
bellwether::markov::Spec spec_of(const std::string& text);

/// Three live states and death; every kind of emission, covariate effects, ties, an estimated start.
extern const std::string kEverything;

/// exp(Q t) by a Taylor series in long double after halving t until it is small.
Eigen::MatrixXd taylor(const Eigen::MatrixXd& Q, double t);

/// Intensities from the definition.
Eigen::MatrixXd intensities(const bellwether::markov::Spec& spec, const bellwether::markov::Values& values,
                            std::span<const double> covariates);

/// All hidden paths of one subject with the probability of path and observations together. Only for small
/// ones.
struct Paths {
    std::vector<std::vector<std::size_t>> state;  ///< at each row
    std::vector<double> joint;
    double total = 0.0;
};
Paths enumerate(const bellwether::markov::Spec& spec, const bellwether::markov::Values& values,
                const bellwether::markov::Panel& panel, std::size_t subject, std::size_t rows);

/// Rows of every kind for kEverything: censored, missing, sets of states, therapy cuts, deaths.
bellwether::markov::Panel random_panel(const bellwether::markov::Spec& spec, std::size_t subjects,
                                       std::size_t rows, unsigned seed);

/// The start values, each moved a little.
bellwether::markov::Values moved_values(const bellwether::markov::Spec& spec, unsigned seed);

}  // namespace oracle

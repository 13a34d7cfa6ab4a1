#pragma once

#include <memory>
#include <vector>

#include <Eigen/Core>

#include "prepared.hpp"
#include "workers.hpp"

/// Private: the likelihood where levels are followed together with the states.
namespace bellwether::markov {

/// The gradient carries derivatives along (forward), eight parameters at a time: its cost grows with their
/// number, which is small here.
class LatentLikelihood {
public:
    /// Keeps references: both must outlive it.
    LatentLikelihood(const Likelihood::Prepared& prepared, Workers& workers);
    ~LatentLikelihood();

    /// Are all intensities finite, and at most kMostMoves moves in the longest gap?
    [[nodiscard]] bool moves_in_range(const Values& values) const;
    /// Log likelihood per subject of `subjects`; -infinity where impossible.
    void by_subject(const Values& values, const std::vector<std::size_t>& subjects, std::vector<double>& out);
    /// The same, and its derivatives by all free parameters (0 for fixed ones) on their unconstrained scale,
    /// a row per subject.
    void scores(const Values& values, const std::vector<std::size_t>& subjects, std::vector<double>& out,
                Eigen::MatrixXd& slopes);

private:
    template <typename T>
    class Sweep;
    struct Readings;  ///< of a row

    const Likelihood::Prepared& in_;
    Workers& workers_;
    std::vector<std::size_t> free_;
    std::unique_ptr<Readings> readings_;
};

}  // namespace bellwether::markov

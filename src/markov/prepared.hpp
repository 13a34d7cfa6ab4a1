#pragma once

#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/emission.hpp"
#include "bellwether/markov/likelihood.hpp"

/// Private: a panel with all that does not depend on parameters worked out, and one subject's forward pass
/// over it.
namespace bellwether::markov {

/// What a row must satisfy by itself. @throws Error M004, M007, M008.
void check_row(const Spec& spec, const Row& row, bool first);

/// The row's readings as evidence, appended to `out`; then the memory takes them in.
/// @param before  covariates in force up to this row; @param gap  since the row before, 0 for a first row
void take_readings(const Spec& spec, const Row& row, std::span<const double> before, Days gap,
                   std::vector<ChannelMemory>& memory, std::vector<Evidence>& out,
                   std::span<const double> centred);

/// From the state at the row before (row) to the state at this one (column), of a row that is no exact_entry:
/// P, or the density of the move where its time is known. Not for first rows, which are all snapshots.
[[nodiscard]] Eigen::MatrixXd arrival(Kind kind, const Eigen::MatrixXd& P, const Eigen::MatrixXd& Q,
                                      double gap);

struct PreparedRow {
    Kind kind = Kind::snapshot;
    std::size_t state = 0;
    StateSet among = 0;
    bool known = false;
    int slot = -1;                   ///< distinct (covariates, gap, watched) that leads here; -1: a first row
    int generator = -1;              ///< distinct covariates in force up to here
    std::size_t begin = 0, end = 0;  ///< evidence
};

struct Likelihood::Prepared {
    struct Slot {
        int generator;
        double gap;
        bool watched;
    };
    Spec spec;
    std::vector<std::vector<double>> generators;  ///< covariates
    std::vector<Slot> slots;
    std::vector<PreparedRow> rows;
    std::vector<std::size_t> first;  ///< of each subject, and the end
    std::vector<Evidence> evidence;
    std::vector<double> centred;  ///< covariates of all rows minus centres; evidence points into it
    std::vector<double> weight;   ///< per subject
    std::vector<std::vector<double>> own_start;         ///< per subject; empty: the specification's
    std::vector<std::vector<double>> first_covariates;  ///< per subject
    std::size_t longest = 0;                            ///< rows of a subject
    std::size_t most_groups = 1;

    Prepared(const Spec& spec, const Panel& panel);
};

/// Matrices under one parameter set.
struct Matrices {
    std::vector<Eigen::MatrixXd> Q, P;  ///< P: by slot; a watched one holds arrival() instead
    Matrices(const Likelihood::Prepared& prepared, const Values& values);
};

}  // namespace bellwether::markov

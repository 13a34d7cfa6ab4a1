#pragma once

#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/transition.hpp"

namespace bellwether::markov {

/// Probabilities given all rows of the subject: one row per panel row, one column per state.
/// @throws Error M011 when the rows are impossible under the model.
[[nodiscard]] Eigen::MatrixXd smooth(TransitionCache& cache, const Panel& panel, std::size_t subject);

struct MostProbablePath {
    std::vector<std::size_t> state;  ///< at each row
    double log_joint = 0.0;          ///< log probability of this path and the observations together
};
/// Viterbi over the states at the rows. At equal probability the lower state index wins.
/// @throws Error M011 when the rows are impossible under the model.
[[nodiscard]] MostProbablePath most_probable_path(TransitionCache& cache, const Panel& panel,
                                                  std::size_t subject);

}  // namespace bellwether::markov

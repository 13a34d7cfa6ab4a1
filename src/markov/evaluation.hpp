#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "eigenbasis.hpp"
#include "prepared.hpp"
#include "workers.hpp"

/// Private: what one set of values makes of a prepared panel, before its rows are gone through, and what the
/// rows leave behind. Both keep their memory from one evaluation to the next.
namespace bellwether::markov {

/// A normal channel under one pattern of conditions, per state: log density = top - ((y - mean) / sd)^2 / 2.
struct NormalStates {
    std::vector<double> mean, per_sd, top;  ///< top -infinity where nothing can be read
    std::vector<int> by_mean, by_sd;        ///< parameters; -1: none
};

class Evaluation {
public:
    explicit Evaluation(const Likelihood::Prepared& in);
    /// Makes everything anew for these values.
    /// @param by_block  for going through whole blocks: with the matrices of busy slots, and of the others
    /// what
    ///                  several blocks have. Else for rows by themselves: all slots, no matrices.
    /// @return false where an intensity is so large that nothing can be told of the time spent under it
    bool set(const Values& values, Workers& workers, bool by_block);
    /// What a block needs besides, after set() by block. Different blocks may be set at the same time.
    void set_own(const Block& block) { set_exponentials(block.slot_begin, block.slot_end); }

    [[nodiscard]] const Likelihood::Prepared& in() const { return in_; }
    [[nodiscard]] const Values& values() const { return *values_; }
    [[nodiscard]] const double* Q(int generator) const {
        return Q_.data() + static_cast<std::size_t>(generator) * square_;
    }
    [[nodiscard]] const Eigenbases& bases() const { return bases_; }
    /// Exponentials of the eigenvalues times a slot's gap.
    template <typename S>
    [[nodiscard]] const S* exponentials(int slot) const;
    /// P of a busy slot, row-major, and behind it its transpose; null where there is none: the slot is not
    /// busy, or its basis is so skew that rows must be judged by more than P.
    [[nodiscard]] const double* matrix(int slot) const {
        const int at = in_.slots[static_cast<std::size_t>(slot)].busy;
        return at < 0 || !has_matrix_[static_cast<std::size_t>(at)]
                   ? nullptr
                   : matrix_.data() + static_cast<std::size_t>(at) * 2 * square_;
    }
    [[nodiscard]] const NormalStates& normal(std::size_t channel, std::size_t pattern) const {
        return normal_[channel * Channel::kPatterns + pattern];
    }
    [[nodiscard]] std::size_t normals() const { return normal_.size(); }
    /// Of the groups of the distinct readings, one after another.
    [[nodiscard]] const std::vector<GroupDensity>& table() const { return table_; }
    /// The start of subjects who have none of their own.
    [[nodiscard]] const Eigen::VectorXd& start() const { return start_; }

private:
    void set_generators(Workers& workers, std::size_t slots);
    void set_exponentials(std::size_t begin, std::size_t end);
    void set_matrices(Workers& workers);
    template <typename S>
    void set_matrix(std::size_t busy);
    void set_normals();

    const Likelihood::Prepared& in_;
    const Values* values_ = nullptr;
    std::size_t states_, square_;
    std::vector<double> Q_;
    Eigenbases bases_;
    std::vector<double> exp_;
    std::vector<Complex> complex_exp_;
    std::vector<double> matrix_;    ///< of busy slots, each with its transpose
    std::vector<char> has_matrix_;  ///< no vector<bool>: several threads write it
    double longest_gap_ = 0.0;
    std::vector<NormalStates> normal_;
    std::vector<GroupDensity> table_;
    Eigen::VectorXd start_;
};

/// What rows leave for the gradient: derivatives by each generator they met, in its basis or by its elements,
/// and by the parameters of readings.
class Gather {
public:
    explicit Gather(const Evaluation& evaluation);
    /// Forgets everything, in time for what it met.
    void clear();
    /// Adds all to a gradient by the parameters on their unconstrained scales.
    void finish(std::vector<double>& gradient);

    template <typename S>
    [[nodiscard]] S* in_basis(int generator);           ///< K x K, row-major: F of add_derivative
    [[nodiscard]] double* by_generator(int generator);  ///< K x K, row-major: by the elements of Q
    [[nodiscard]] Eigen::MatrixXd& by_P(int slot);      ///< of a slot that was exponentiated as a whole
    [[nodiscard]] double* by_busy(int slot);  ///< K x K, row-major: by the elements of a busy slot's P
    [[nodiscard]] double* by_mean(std::size_t channel, std::size_t pattern) {
        return normal_.data() + (channel * Channel::kPatterns + pattern) * 2 * states_;
    }
    [[nodiscard]] double* by_log_sd(std::size_t channel, std::size_t pattern) {
        return by_mean(channel, pattern) + states_;
    }
    [[nodiscard]] std::vector<double>& table_mass() { return table_mass_; }
    [[nodiscard]] std::vector<double>& gradient() { return gradient_; }

private:
    std::size_t local(int generator);
    template <typename S>
    void finish_busy(int slot, const double* by_P);
    void finish_generators(std::vector<double>& gradient);
    void finish_readings(std::vector<double>& gradient);
    void to_elements(int generator, std::size_t at);

    const Evaluation& e_;
    std::size_t states_, square_;
    std::vector<int> local_;           ///< per generator; -1: not met
    std::vector<int> met_;             ///< generators
    std::vector<double> real_, by_Q_;  ///< per generator that was met
    std::vector<Complex> complex_;
    std::vector<std::pair<int, Eigen::MatrixXd>> by_P_;
    std::unordered_map<int, std::size_t> where_;  ///< of a slot in by_P
    std::vector<int> busy_local_, busy_met_;      ///< as local_ and met_, of busy slots
    std::vector<double> busy_;                    ///< per busy slot that was met
    std::vector<double> normal_, table_mass_, gradient_;
};

/// By the log odds of the start: softmax.
void add_start(const Spec& spec, const double* start, const double* by_start,
               const std::vector<double>& covariates, std::vector<double>& gradient);
/// One categorical reading in a group with that posterior mass.
void add_category(const Channel::Group& group, const Evidence& e, const Values& values, double mass,
                  std::vector<double>& gradient);
/// Any reading, by its density's derivatives.
void add_density(const Channel::Group& group, const Evidence& e, const GroupDensity& d, const Values& values,
                 double mass, std::vector<double>& gradient);

}  // namespace bellwether::markov

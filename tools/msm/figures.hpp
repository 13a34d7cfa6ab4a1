#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bellwether/markov/fit.hpp"

#include "translate.hpp"

/// A case's figures beside ours.
namespace bellwether::msm {

struct Figure {
    enum class Verdict { passed, failed, skipped };
    std::string name;
    Verdict verdict = Verdict::passed;
    std::string said;  ///< the worst of ours against theirs, or why it was skipped
};

/// Collects figures.
class Figures {
public:
    void pass(const std::string& name, const std::string& said);
    void fail(const std::string& name, const std::string& said);
    void skip(const std::string& name, const std::string& why);
    /// All of ours within `relative` of theirs or within `absolute`; numbers of theirs that are missing do
    /// not count. Fails where the numbers of figures differ.
    void compare(const std::string& name, const std::vector<double>& ours, const std::vector<double>& theirs,
                 double relative, double absolute);
    [[nodiscard]] const std::vector<Figure>& all() const { return all_; }
    [[nodiscard]] bool failed() const;

private:
    std::vector<Figure> all_;
};

/// Log likelihood, per subject, and gradient at the start values; or, where the likelihood is 0 there, which
/// rows are impossible.
void compare_start(const Translated& t, const nlohmann::json& record, Figures& out);
/// Fits from msm's start and from ours, and intervals.
void compare_fit(const Translated& t, const nlohmann::json& record, Figures& out);
/// Intervals of what follows from a fit that ended at msm's maximum.
void compare_intervals(const Translated& t, const nlohmann::json& record, const markov::ParameterSet& fitted,
                       Figures& out);
/// From true to observed states at the means of the covariates; the identity where states are seen.
[[nodiscard]] Eigen::MatrixXd misclassification(const Translated& t, const markov::Values& values);
/// Everything that is derived from msm's own estimates.
void compare_derived(const Translated& t, const nlohmann::json& record, Figures& out);
/// Numbers in each state at some times, observed and expected at msm's own estimates.
void compare_prevalence(const Call& call, const Translated& t, const nlohmann::json& record, Figures& out);
/// Most probable paths and state probabilities at the start and at the estimates.
void compare_paths(const Translated& t, const nlohmann::json& record, Figures& out);

/// Numbers of a matrix or list, row by row; null is missing. A single number is a list of one.
[[nodiscard]] std::vector<double> numbers(const nlohmann::json& j);

}  // namespace bellwether::msm

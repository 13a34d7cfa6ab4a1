#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/markov/fit.hpp"

namespace bellwether::markov {

/// A fitted model: stands alone as a file. With K folds it has K + 1 parameter sets: set k was fitted without
/// the subjects of fold k, the last one with all. A subject is scored by a set that never saw it.
struct FittedModel {
    Spec spec;              ///< with its text
    std::string spec_hash;  ///< SHA-256 of spec.text
    std::string data_fingerprint;
    std::string date;                            ///< as given by the caller
    std::size_t folds = 0;                       ///< 0: one set, for everyone
    std::vector<ParameterSet> sets;              ///< folds + 1
    std::map<std::string, std::size_t> fold_of;  ///< subject id to fold

    [[nodiscard]] const ParameterSet& full() const { return sets.back(); }
    /// Index into `sets` for a subject: its fold, or the last for one who was not fitted on.
    [[nodiscard]] std::size_t set_for(const std::string& subject) const;
    [[nodiscard]] bool usable() const noexcept;        ///< every set is
    [[nodiscard]] std::string why_not_usable() const;  ///< empty when usable
};

/// Fold of a subject: from a hash of its id alone, so that neither order nor company matter.
[[nodiscard]] std::size_t fold_of(std::string_view subject, std::size_t folds);

/// Fits K + 1 sets, each from the same start. Same result on any number of threads.
/// @param folds        0 or 1: no cross-fitting, one set
/// @param fingerprint  of the data, where the caller knows a closer one than Panel::fingerprint(), which is
///                     taken (and costs as much as some ten gradients) where this is empty
[[nodiscard]] FittedModel fit_folds(const Spec& spec, const Panel& panel, std::size_t folds,
                                    const std::string& date, const FitOptions& options = {},
                                    unsigned threads = 1, const std::string& fingerprint = {});

/// YAML; doubles in their shortest exact form: read_model(write_model(m)) equals m.
[[nodiscard]] std::string write_model(const FittedModel& model);
/// Usable only if findings.ok(). Codes M040, M041 and those of read_spec.
[[nodiscard]] FittedModel read_model(std::string_view text, const std::string& file, Findings& findings);

}  // namespace bellwether::markov

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bellwether/drift/bind.hpp"
#include "bellwether/drift/features.hpp"
#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/model.hpp"

namespace bellwether::drift {

/// A patient's filter, row by row: what a scan saves so that the next one need not start over. Keyed by a
/// digest over all rows up to each, so that a late or corrected reading invalidates what follows it and
/// nothing else.
struct FilterTrack {
    struct Entry {
        std::uint64_t digest = 0;                          ///< over this row and all before it
        std::shared_ptr<const markov::FilterState> state;  ///< never null; shared with the posterior
        friend bool operator==(const Entry& a, const Entry& b) {
            return a.digest == b.digest && *a.state == *b.state;
        }
    };
    std::vector<Entry> entries;
    [[nodiscard]] std::string serialize() const;
    /// Nothing when the text is damaged: the caller starts over.
    [[nodiscard]] static std::optional<FilterTrack> parse(const std::string& text);
};

/// A fitted model, ready to score patients. Shared by all workers: each thread has transition caches of its
/// own.
class Scorer {
public:
    /// @param text  a model file (markov::write_model)
    /// @throws InputError when it cannot be read; Error D003 when a parameter set is not usable.
    Scorer(std::string name, std::string hash, const std::string& text);
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& hash() const { return hash_; }
    [[nodiscard]] const markov::FittedModel& model() const { return model_; }
    [[nodiscard]] ModelWords words() const;
    /// Filters the patient up to `as_of` by the parameter set that never saw them. The longest prefix of
    /// `track` that belongs to the same rows is taken over, the rest computed; `track` then holds the rows of
    /// this call. The result refers to the scorer.
    [[nodiscard]] std::shared_ptr<const Posterior> posterior(const series::Timeline& timeline, Date as_of,
                                                             FilterTrack& track) const;
    /// The filter of a subject's parameter set, for the calling thread.
    [[nodiscard]] markov::Filter& filter_for(const std::string& subject) const;

private:
    struct PerThread {
        std::vector<std::unique_ptr<markov::TransitionCache>> caches;
        std::vector<std::unique_ptr<markov::Filter>> filters;
    };
    std::string name_, hash_;
    markov::FittedModel model_;
    mutable std::mutex mutex_;
    mutable std::map<std::thread::id, PerThread> per_thread_;
};

/// The words of a specification.
[[nodiscard]] ModelWords words_of(const markov::Spec& spec);

}  // namespace bellwether::drift

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/markov/spec.hpp"

/// Observations of many subjects, for a specification. Times count from any origin of the caller's, per
/// subject.
namespace bellwether::markov {

enum class Censor : std::uint8_t { none, left, right, interval };

/// One channel at one visit.
struct Reading {
    double value = 0.0;  ///< the value, the limit where censored, or the index of the category
    bool present = false;
    Censor censor = Censor::none;
    bool baseline = false;    ///< own_baseline channels: this is the subject's baseline from now on
    double upper = 0.0;       ///< interval: the value lies between `value` and this
    std::uint64_t among = 0;  ///< categories that it may be, a bit each; 0: `value` alone
    [[nodiscard]] static Reading of(double x) { return {x, true, Censor::none, false, 0.0, 0}; }
    [[nodiscard]] static Reading below(double limit) { return {limit, true, Censor::left, false, 0.0, 0}; }
    [[nodiscard]] static Reading above(double limit) { return {limit, true, Censor::right, false, 0.0, 0}; }
    /// Not for `rate` channels.
    [[nodiscard]] static Reading between(double low, double high) {
        return {low, true, Censor::interval, false, high, 0};
    }
    [[nodiscard]] static Reading one_of(std::uint64_t categories) {
        return {0.0, true, Censor::none, false, 0.0, categories};
    }
    friend bool operator==(const Reading&, const Reading&) = default;
};

/// How the process was watched up to a row. msm's obstype 1, 2, 3 are snapshot, watched, entry.
enum class Kind : std::uint8_t {
    snapshot,     ///< a look at this time alone
    exact_entry,  ///< `state` was entered at this very time; readings, if any, stem from just before
    one_of,       ///< a snapshot that must say `among` (last known alive, censored state)
    watched,      ///< no change since the row before, but for one at this very time, if the state differs
    entry  ///< a state of `among` was entered at this very time from another; readings are of that state
};

/// One row as the caller makes it. A row without readings is legal: it only changes the covariates.
struct Row {
    Days time;
    Kind kind = Kind::snapshot;
    std::size_t state = 0;  ///< exact_entry
    /// States that are possible at this row, with every kind but exact_entry; 0: all. An observed state is
    /// only(s), a censored one several; readings of the row count besides.
    StateSet among = 0;
    std::span<const Reading> readings;   ///< one per channel of the specification
    std::span<const double> covariates;  ///< one per covariate; in force from this row on
    /// First rows: the start probabilities do not count, each state of `among` has weight 1.
    bool known = false;
};

/// Flat storage: rows of a subject are contiguous and ordered by time.
class Panel {
public:
    Panel(std::size_t channels, std::size_t covariates) : channels_(channels), covariates_(covariates) {}
    explicit Panel(const Spec& spec) : Panel(spec.channels.size(), spec.covariates.size()) {}

    /// @param weight  the subject's log likelihood counts this often, >= 0
    /// @param start   the subject's own start probabilities (weights need not add up to 1), one per state,
    ///                instead of the specification's; empty: none
    /// @throws Error M004 a weight that is negative or not finite, a start that is all 0.
    void begin_subject(std::string id, double weight = 1.0, std::span<const double> start = {});
    /// @throws Error M004 a number of readings or covariates that is not the panel's; M005 time before the
    /// last row's.
    void add(const Row& row);

    [[nodiscard]] std::size_t subjects() const noexcept { return ids_.size(); }
    [[nodiscard]] std::size_t rows() const noexcept { return time_.size(); }
    [[nodiscard]] std::size_t channels() const noexcept { return channels_; }
    [[nodiscard]] std::size_t covariates() const noexcept { return covariates_; }
    [[nodiscard]] const std::string& id(std::size_t subject) const { return ids_[subject]; }
    [[nodiscard]] std::size_t first_row(std::size_t subject) const { return first_[subject]; }
    [[nodiscard]] std::size_t end_row(std::size_t subject) const {
        return subject + 1 < first_.size() ? first_[subject + 1] : rows();
    }
    [[nodiscard]] Row row(std::size_t i) const;
    [[nodiscard]] double weight(std::size_t subject) const { return weight_[subject]; }
    [[nodiscard]] std::span<const double> start(std::size_t subject) const { return start_[subject]; }
    /// The same with other weights, one per subject. @throws Error M004 as begin_subject, and another number.
    [[nodiscard]] Panel reweighted(std::vector<double> weights) const;
    /// The subjects for which keep(id) holds, in the same order.
    template <typename Keep>
    [[nodiscard]] Panel subset(Keep keep) const {
        Panel out(channels_, covariates_);
        for (std::size_t s = 0; s < subjects(); ++s) {
            if (!keep(ids_[s])) continue;
            out.begin_subject(ids_[s], weight_[s], start_[s]);
            for (std::size_t i = first_row(s); i < end_row(s); ++i)
                out.add(row(i));
        }
        return out;
    }
    /// SHA-256 over everything, whatever the order of the subjects.
    [[nodiscard]] std::string fingerprint() const;

private:
    struct Stored {
        Kind kind;
        std::size_t state;
        StateSet among;
        bool known;
    };
    std::size_t channels_, covariates_;
    std::vector<std::string> ids_;
    std::vector<double> weight_;
    std::vector<std::vector<double>> start_;  ///< empty: the specification's
    std::vector<std::size_t> first_;
    std::vector<double> time_;
    std::vector<Stored> what_;
    std::vector<Reading> readings_;
    std::vector<double> values_;
};

/// Sets the centre of the covariates that ask for it to their mean over the panel's rows without each
/// subject's last, since what is in force then acts on no interval (as msm does).
/// @throws Error M004 when no subject has two rows.
void centre_on_means(Spec& spec, const Panel& panel);
/// @throws Error M016 naming the first covariate whose centre is to be a mean that nobody has taken yet: its
/// effects would act on the value minus 0, and rates would be those of other subjects than declared.
void require_centres(const Spec& spec);

}  // namespace bellwether::markov

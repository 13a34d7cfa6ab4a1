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

enum class Censor : std::uint8_t { none, left, right };

/// One channel at one visit.
struct Reading {
    double value = 0.0;  ///< the value, the limit where censored, or the index of the category
    bool present = false;
    Censor censor = Censor::none;
    bool baseline = false;  ///< own_baseline channels: this is the subject's baseline from now on
    [[nodiscard]] static Reading of(double x) { return {x, true, Censor::none, false}; }
    [[nodiscard]] static Reading below(double limit) { return {limit, true, Censor::left, false}; }
    [[nodiscard]] static Reading above(double limit) { return {limit, true, Censor::right, false}; }
    friend bool operator==(const Reading&, const Reading&) = default;
};

/// What a row says of the state by itself, beside its readings.
enum class Kind : std::uint8_t {
    snapshot,     ///< nothing
    exact_entry,  ///< `state` was entered at this very time; readings, if any, stem from just before
    one_of        ///< the state is in `among` (last known alive, censored state)
};

/// One row as the caller makes it. A row without readings is legal: it only changes the covariates.
struct Row {
    Days time;
    Kind kind = Kind::snapshot;
    std::size_t state = 0;               ///< exact_entry
    StateSet among = 0;                  ///< one_of
    std::span<const Reading> readings;   ///< one per channel of the specification
    std::span<const double> covariates;  ///< one per covariate; in force from this row on
};

/// Flat storage: rows of a subject are contiguous and ordered by time.
class Panel {
public:
    Panel(std::size_t channels, std::size_t covariates) : channels_(channels), covariates_(covariates) {}
    explicit Panel(const Spec& spec) : Panel(spec.channels.size(), spec.covariates.size()) {}

    void begin_subject(std::string id);
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
    /// The subjects for which keep(id) holds, in the same order.
    template <typename Keep>
    [[nodiscard]] Panel subset(Keep keep) const {
        Panel out(channels_, covariates_);
        for (std::size_t s = 0; s < subjects(); ++s) {
            if (!keep(ids_[s])) continue;
            out.begin_subject(ids_[s]);
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
    };
    std::size_t channels_, covariates_;
    std::vector<std::string> ids_;
    std::vector<std::size_t> first_;
    std::vector<double> time_;
    std::vector<Stored> what_;
    std::vector<Reading> readings_;
    std::vector<double> values_;
};

}  // namespace bellwether::markov

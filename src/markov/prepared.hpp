#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/emission.hpp"
#include "bellwether/markov/likelihood.hpp"

/// Private: a panel with all that does not depend on parameters worked out, and one subject's forward pass
/// over it.
namespace bellwether::markov {

/// Expected moves within the longest gap beyond which squaring a matrix so often leaves no digit.
constexpr double kMostMoves = 1e9;

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

/// A reading in the shortest form in which it can be weighed.
struct Item {
    enum class How : std::uint8_t {
        silent,  ///< says only that the state is one that can be read
        normal,  ///< y against a mean and sd that depend on channel, pattern and state alone
        table,   ///< one of few distinct readings, which are weighed once
        full     ///< by density()
    };
    How how = How::full;
    std::uint32_t channel = 0;
    std::uint32_t pattern = 0;  ///< normal
    std::uint32_t index = 0;    ///< table: into distinct; full: into evidence
    double y = 0.0;             ///< normal
};

struct PreparedRow {
    Kind kind = Kind::snapshot;
    std::size_t state = 0;
    StateSet among = 0;
    bool known = false;
    int slot = -1;                   ///< distinct (covariates, gap) that leads here; -1: a first row
    int generator = -1;              ///< distinct covariates in force up to here
    std::size_t begin = 0, end = 0;  ///< items
    /// The one state in which the subject is after this row.
    [[nodiscard]] std::optional<std::size_t> point() const;
};

/// Rows of a subject between two at which its state is known: given those, independent of the others.
struct Stretch {
    std::size_t begin, end;  ///< rows
    int from;  ///< state at row `begin`, which is weighed elsewhere; -1: begins with the subject
    std::size_t subject;
};

/// All rows without readings that lead from one known state to another in one gap, counted together.
struct Pair {
    int slot, generator;
    Kind kind;
    std::uint8_t from, to;
    double weight;
};

/// A piece of the work, the same on any number of threads.
struct Block {
    std::size_t stretch_begin, stretch_end;
    std::size_t pair_begin, pair_end;
    std::size_t slot_begin = 0, slot_end = 0;  ///< slots that no other block has
};

struct Likelihood::Prepared {
    struct Slot {
        int generator;
        double gap;
        int busy = -1;  ///< which of the busy ones; -1: few rows lead through it
    };
    Spec spec;
    std::vector<std::vector<double>> generators;  ///< covariates
    std::vector<Slot> slots;
    std::size_t common = 0;  ///< the first slots: those that several blocks have, or that go as a matrix
    /// Slots through which so many rows of a block lead that their P is worth making, and one sum of all that
    /// is due to it.
    std::vector<int> busy;
    std::vector<PreparedRow> rows;
    std::vector<std::size_t> first;  ///< of each subject, and the end
    std::vector<Item> items;
    std::vector<Evidence> evidence;        ///< of items that are weighed in full
    std::vector<Evidence> distinct;        ///< of the tables
    std::vector<std::size_t> table_begin;  ///< per distinct reading: where its groups stand
    std::vector<double> centred;           ///< covariates of all rows minus centres; evidence points into it
    std::vector<double> weight;            ///< per subject
    std::vector<std::vector<double>> own_start;         ///< per subject; empty: the specification's
    std::vector<std::vector<double>> first_covariates;  ///< per subject
    std::size_t longest = 1;                            ///< rows of a subject
    std::vector<StateSet> reach;                        ///< per state: those that may follow it, itself too
    std::vector<bool> moves;                            ///< K x K: there is a transition
    std::vector<Stretch> stretches;
    std::vector<Pair> pairs;
    std::vector<Block> blocks;
    bool start_varies = false;          ///< with covariates
    bool latent = false;                ///< levels are followed together with the states
    std::vector<std::size_t> patients;  ///< channels with a patient's own level

    Prepared(const Spec& spec, const Panel& panel);
    [[nodiscard]] Stretch whole(std::size_t subject) const {
        return {first[subject], first[subject + 1], -1, subject};
    }

private:
    void find_patients();
    void take_rows(const Panel& panel);
    void shorten(std::vector<Evidence> all);
    void cut();
    void share();
    void find_busy();
    void order_slots();
};

}  // namespace bellwether::markov

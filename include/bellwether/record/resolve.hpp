#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bellwether/record/record.hpp"

namespace bellwether {

/// V(D) of one identity: of the versions with learnt <= as_of the one of highest rank; rank is the release
/// time, then the status, never the order of arrival.
struct Resolved {
    const Record* in_force = nullptr;  ///< null: nothing known yet, cancelled, or in conflict
    bool cancelled = false;
    bool conflict = false;  ///< two of the highest rank differ in content
};

/// Cancellations of equal rank agree whatever else they say. Versions equal in rank and content count as one:
/// the one learnt first stands.
///
/// @param versions  all versions of one identity, in any order
/// @cost  one pass; digests are computed only where two versions tie for the highest rank
/// @tested tests/record/resolve_test.cpp: brute force, any order, nothing learnt later matters
[[nodiscard]] Resolved resolve(std::span<const Record> versions, Instant as_of);

/// A patient's file as known at an instant: what `series` reads. Records of one kind ascend by clinical date,
/// then minute, then identity. Cancelled and conflicting ones are left out; conflicts are counted by
/// identity.
struct PatientFile {
    Patient patient;
    std::vector<Observation> observations;
    std::vector<Status> observation_status;  ///< parallel to observations: preliminary, final, corrected
    std::vector<TherapyInterval> therapies;
    std::vector<Lesion> lesions;
    std::vector<Event> events;
    std::vector<std::string> conflicts;
    std::vector<std::string> missing;  ///< "ctdna 2026-03-02: haemolysed", for the report
};

/// All versions that the store holds of one patient, in any order.
struct PatientHistory {
    std::string patient;
    std::vector<Record> versions;
};

/// V(D) of one patient. Pure: depends on nothing but its arguments, and not on the order of
/// `history.versions`. Versions of a planned visit are ignored. Observations without a reading go to
/// `missing`; preliminary readings stay, with their status beside them.
[[nodiscard]] PatientFile as_known_at(const PatientHistory& history, Instant as_of);

/// What is in force of one patient at an instant, without copying it.
struct InForce {
    std::vector<const Record*> records;  ///< by clinical date, then minute, then identity
    std::vector<std::string> conflicts;  ///< by identity
};

/// A history made ready for questions at many instants: identities and orders are worked out once.
/// Keeps a reference to the history, which must outlive it.
/// @tested tests/record/resolve_test.cpp: the same as as_known_at(), which is one question put to it
class PreparedHistory {
public:
    explicit PreparedHistory(const PatientHistory& history);
    [[nodiscard]] const PatientHistory& history() const { return *history_; }
    /// V(D), of records that stay where they are. @cost O(versions).
    [[nodiscard]] InForce in_force_at(Instant as_of) const;
    /// V(D), as as_known_at() says. @cost O(versions), all in force are copied.
    [[nodiscard]] PatientFile as_known_at(Instant as_of) const;
    /// A day before which V(to) holds the same records as V(from): the earliest clinical date, in any version
    /// known at `to`, of what was learnt in (from, to]. Nothing when that includes the patient's own record,
    /// which has no date, or one of a kind without; `never` when nothing was learnt.
    static constexpr Date never{std::numeric_limits<std::int32_t>::max() / 2};
    [[nodiscard]] std::optional<Date> unchanged_before(Instant from, Instant to) const;

private:
    struct Version {
        const Record* record = nullptr;
        std::size_t order = 0;     ///< place by clinical date, minute, identity
        std::size_t identity = 0;  ///< index into identities_
    };
    const PatientHistory* history_;
    std::vector<std::string> identities_;  ///< ascending
    std::vector<Version> versions_;        ///< by identity
};

/// The distinct learnt instants in (after, up_to], ascending.
[[nodiscard]] std::vector<Instant> learnt_instants(const PatientHistory& history, Instant after,
                                                   Instant up_to);

}  // namespace bellwether

#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bellwether/core/date.hpp"

/// The vocabulary of the store. Every record is a *version* of something with an identity; nothing is ever
/// edited.
namespace bellwether {

/// Order matters: of two versions released at the same instant the later in this list wins.
enum class Status { preliminary, final_, corrected, cancelled };
[[nodiscard]] std::string_view to_string(Status s);  ///< "preliminary", "final", "corrected", "cancelled"
[[nodiscard]] std::optional<Status> parse_status(std::string_view text);

/// The version half of every record: when the sender released it, when the store learnt it, how it ranks.
struct Version {
    std::optional<Instant> released;  ///< by the sender; counts as `learnt` when the feed has none
    Instant learnt;                   ///< lambda: commit of the ingest, or set earlier by a backfill
    Status status = Status::final_;
    std::string source;  ///< file and line, for people; no part of the content

    [[nodiscard]] Instant rank_time() const { return released.value_or(learnt); }
};

enum class Censor { none, left, right };  ///< left: below `value`; right: above it

/// A number as the laboratory can give it, in the channel's canonical unit.
struct Reading {
    double value = 0.0;  ///< the number, or the limit when censored
    Censor censor = Censor::none;
    friend bool operator==(const Reading&, const Reading&) = default;
};

enum class Sex { unknown, female, male };

struct Patient {
    std::string id;  ///< pseudonym
    std::string trial, arm, site;
    Sex sex = Sex::unknown;
    std::optional<int> birth_year;
    std::optional<Date> day_zero;                   ///< first dose or registration: origin of study days
    std::map<std::string, std::string> attributes;  ///< covariates: comorbidities, ECOG at entry, ...
};

/// Identity: patient, channel and accession; without an accession patient, channel, taken (with the minute
/// where it is known), assay and replicate.
struct Observation {
    std::string patient, channel;
    Date taken;
    std::optional<int> minute;  ///< of the day, where the draw time is known (0..1439)
    std::string accession, assay, laboratory, specimen;
    int replicate = 1;
    std::optional<Reading> reading;            ///< nothing: not measurable, see missing_reason
    std::string missing_reason;                ///< "haemolysed"; "" when there is a reading
    std::string unit_reported, text_reported;  ///< as it stood in the feed
    std::optional<bool> scheduled;
};

/// A regimen given from `start` to before `stop` (open while nothing). Identity: patient, regimen, start.
struct TherapyInterval {
    std::string patient, regimen;
    Date start;
    std::optional<Date> stop;
    std::string dose;    ///< free text for people
    std::string reason;  ///< why stopped
};

/// One lesion at one imaging visit. Identity: patient, lesion, taken.
struct Lesion {
    std::string patient, lesion;  ///< "T01"
    Date taken;
    enum class Role { target, non_target, new_ } role = Role::target;
    bool nodal = false;
    std::string organ;
    std::optional<double> diameter_mm;  ///< longest, short axis for nodes; targets only
    /// measured | too_small (counts 5 mm) | absent | not_evaluable | present (non-target) |
    /// unequivocal_progression | equivocal (new)
    std::string state = "measured";
};

enum class EventKind { progression, death, last_known_alive, toxicity, new_lesion, other };
[[nodiscard]] std::string_view to_string(EventKind k);
[[nodiscard]] std::optional<EventKind> parse_event_kind(std::string_view text);
[[nodiscard]] const std::vector<std::string>& event_kind_names();

/// Identity: patient, kind, term, date.
struct Event {
    std::string patient;
    EventKind kind = EventKind::other;
    std::string term;              ///< toxicity: "colitis"; other: its name
    Date date;                     ///< onset
    std::optional<Date> resolved;  ///< toxicity: last day with this grade; nothing while it lasts
    std::optional<int> grade;      ///< toxicity, 1..5 (CTCAE)
};

/// A visit that the protocol asks for. Identity: trial, arm, name.
struct PlannedVisit {
    std::string trial, arm;                   ///< arm "" = all arms
    std::string name;                         ///< "C3D1"
    int day = 0;                              ///< study day counted from Patient::day_zero (day 0)
    int window_before = 3, window_after = 3;  ///< days
    std::vector<std::string> channels;        ///< what must be measured
};

using Content = std::variant<Patient, Observation, TherapyInterval, Lesion, Event, PlannedVisit>;

/// What a feed yields and the store keeps.
struct Record {
    Content content;
    Version version;
};

/// A text that two versions share exactly when they are versions of the same thing; starts with the kind
/// ("observation|..."). Fields are escaped, so that no two identities collide.
[[nodiscard]] std::string identity(const Content& c);
/// Of which patient; "" for a planned visit.
[[nodiscard]] const std::string& patient_of(const Content& c);
/// Digest of everything that the sender said, 64 hexadecimal digits (not release, status, learnt or source,
/// which are the version's). Equal rank and unequal digest = conflict.
[[nodiscard]] std::string content_digest(const Content& c);
/// The clinical date: taken, start, date; a patient's day zero.
[[nodiscard]] std::optional<Date> clinical_date(const Content& c);

}  // namespace bellwether

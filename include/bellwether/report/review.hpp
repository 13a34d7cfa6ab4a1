#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bellwether/record/channel.hpp"
#include "bellwether/record/ledger.hpp"
#include "bellwether/series/timeline.hpp"
#include "bellwether/therapy/therapy.hpp"

/// What the reports show, as plain data: `app` fills it, the renderers only write it down.
namespace bellwether::report {

/// How an alert stands against the review before.
enum class Standing { new_, worse, still_open, resolved, withdrawn };
[[nodiscard]] std::string_view to_string(Standing s);

struct AlertLine {
    Alert alert;
    Standing standing = Standing::still_open;
    std::string site, arm;
    std::string title, maturity;
    bool illustrative = false;             ///< a number of the rule has no source
    std::vector<std::string> sources;      ///< keys of the bibliography
    std::string proposal, bottleneck;      ///< "intensify", "exhausted"; "" = none
    std::vector<therapy::Option> options;  ///< as of the report, the withheld ones too
    std::string role;                      ///< who answers
    std::optional<Date> answer_by;
    bool answer_overdue = false;
    std::string standing_why;  ///< "severity review -> urgent", "reopened"; "" = not said
    /// What would have kept it silent, a sentence each.
    std::vector<std::string> would_not_fire{};
    std::string would_not_fire_note{};  ///< why there is none; "" where it would only be in the way
};

struct OverdueVisit {
    std::string patient, site, arm, visit;
    Date due;                          ///< planned day
    int days_late = 0;                 ///< beyond the window
    std::vector<std::string> missing;  ///< channels without a reading in the window
};

struct Unjudged {
    std::string patient, site, arm, rule;
    std::vector<std::string> missing;
};

struct QuarantineLine {
    std::int64_t id = 0;
    std::string file;
    int line = 0, column = 0;
    std::string code, reason;
};

/// Rules or a model in force.
struct InForce {
    std::string kind, name, hash;
    Instant from;
};

/// How many patients a site has on an arm: a group without an alert is then listed as well.
struct Group {
    std::string site, arm;
    std::int64_t patients = 0;
};

/// The alerts of the week.
struct Review {
    std::string store_kind;  ///< "live", "historical", "simulated"
    Instant as_of;
    Instant since;                      ///< the review before; Instant::lowest(): there was none
    std::optional<Instant> scanned_to;  ///< D of the last scan; nothing: never scanned
    std::vector<InForce> in_force;
    std::int64_t patients = 0;      ///< known at as_of
    std::vector<Group> groups;      ///< may stay empty: then only groups with something to list are counted
    std::string inputs;             ///< "14 feed files, last taken in 2026-03-02"; "" = not said
    std::vector<AlertLine> alerts;  ///< by severity (worst first), standing, patient
    std::vector<OverdueVisit> overdue;
    bool schedule_known = false;  ///< without a protocol schedule nothing can be overdue: say so
    std::vector<Unjudged> not_assessable;
    std::vector<QuarantineLine> quarantine;
    /// Small pictures: what the patients with a new, worse or open alert went through.
    std::map<std::string, series::Timeline> timelines;
    ChannelCatalogue catalogue;
};

/// One axis of a model's states over time: probabilities per label, filtered at each modelled reading.
struct StateTrace {
    std::string model, axis;
    std::vector<std::string> labels;
    std::vector<Date> dates;
    std::vector<std::vector<double>> p;                         ///< per date, per label
    std::vector<std::pair<int, std::vector<double>>> forecast;  ///< horizon in days from as_of, per label
};

/// One patient, before a visit.
struct PatientPage {
    std::string store_kind;
    Instant as_of;
    series::Timeline timeline;
    ChannelCatalogue catalogue;
    std::map<std::string, std::string> response;  ///< "RECIST 1.1 target response" -> "PD 2026-03-02"
    std::vector<StateTrace> states;
    std::vector<AlertLine> alerts;  ///< all of this patient, newest first
    std::vector<therapy::Option> options;
    std::string current_regimen;
    std::vector<Unjudged> not_assessable;
    std::vector<std::string> conflicts, missing;
    std::vector<std::string> warnings;  ///< "no model is active", ...
    std::vector<InForce> in_force;      ///< empty = not said
    std::optional<Instant> scanned_to;  ///< D of the last scan; nothing: not said
};

enum class Format { text, json, html };

/// Writes a report down. Pure: the same arguments give the same bytes.
///
/// text: 100 columns; control characters and malformed UTF-8 of the input are replaced. json: one object,
/// keys in a fixed order, ISO dates (docs/for-coordinators.md). html: one file that needs nothing else and
/// holds no script; every text of the input is escaped. Each says when the store is not live, and tells
/// "nothing to report" from "not assessed".
///
/// @param colour  ANSI colours in text; ignored by the other formats
/// @cost   linear in the number of alerts and of readings shown
/// @tested tests/report
[[nodiscard]] std::string render(const Review& review, Format format, bool colour = false);
[[nodiscard]] std::string render(const PatientPage& page, Format format, bool colour = false);

}  // namespace bellwether::report

#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/report/review.hpp"

#include "evidence.hpp"

/// What a report says, in words, before anyone decides how it looks: text and HTML write the same sentences.
namespace bellwether::report {

struct OptionView {
    std::string rank;      ///< "1." for open ones, "" else
    std::string standing;  ///< "open", "withheld", "barred", "unknown"
    std::string title;
    std::string because;  ///< each datum; for an option that is not open and names none: says so
};

struct AlertView {
    std::string severity, patient, place, title, rule, id, state;
    std::string dates;  ///< "raised 2026-03-09, onset 2026-02-20, fired 2026-03-06, open for 17 days"
    std::string summary, standing_why;
    std::string because;  ///< the features at firing
    std::string unknown;  ///< `unless` terms that could not be judged; "" = none
    std::vector<Argument> arguments;
    std::vector<std::string> would_not_fire;
    std::string would_not_fire_note;  ///< why there is none
    std::string proposal;             ///< "" = the rule proposes nothing
    std::vector<OptionView> options;
    std::string options_note;  ///< why there are none
    std::string answer;        ///< "clinician by 2026-03-16"
    bool overdue = false;
    std::string human;
    std::string marks;  ///< maturity, sources
    bool illustrative = false;
};

[[nodiscard]] AlertView view_of(const AlertLine& line, Instant as_of);
[[nodiscard]] OptionView view_of(const therapy::Option& option);

/// What the weights mean, once per report.
[[nodiscard]] std::string weights_legend();

/// "" for a live store, else a sentence that cannot be missed.
[[nodiscard]] std::string banner(const std::string& store_kind);
/// What limits the whole report: never scanned, no rules, an older scan, no patient.
[[nodiscard]] std::vector<std::string> cautions(const Review& review);
/// What it stands on: "Decision support for research: ... Basis: ...".
[[nodiscard]] std::string basis(const Review& review);
[[nodiscard]] std::string basis(const PatientPage& page);

/// Whether alerts were looked for at all: a scan has run and rules were in force.
[[nodiscard]] bool assessed(const Review& review);
/// What an empty section says: that there is nothing, or that nobody looked.
[[nodiscard]] std::string nothing(const Review& review, Standing section);
[[nodiscard]] std::string nothing_overdue(const Review& review);
[[nodiscard]] std::string nothing_unjudged(const Review& review);

/// One line of the table on top.
struct GroupCount {
    std::string site, arm;
    std::optional<std::int64_t> patients;
    std::array<int, 5> alerts{};  ///< by Standing
    int overdue = 0;
    int unjudged = 0;  ///< patients with a rule that could not be judged
};
/// By site, then arm.
[[nodiscard]] std::vector<GroupCount> group_counts(const Review& review);
[[nodiscard]] std::string place_words(const std::string& site, const std::string& arm);

/// Patients of one site and arm in whom the same rules lacked the same thing.
struct UnjudgedGroup {
    std::string site, arm, missing, rules;
    std::vector<std::string> patients;
};
[[nodiscard]] std::vector<UnjudgedGroup> unjudged_groups(const std::vector<Unjudged>& list);

/// "NEW since 2026-03-02": the title of a section.
[[nodiscard]] std::string section_title(const Review& review, Standing section);

}  // namespace bellwether::report

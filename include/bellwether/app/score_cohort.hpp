#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/core/error.hpp"
#include "bellwether/study/score.hpp"

/// Patients at landmarks, with a score and what came after: from a plain table (here) or from a store
/// (score_store.hpp), for the figures of score_report.hpp.
namespace bellwether::app {

/// What became of all patients at one landmark. Silence is told apart from what was not assessed: only
/// `scored` ones are in the figures.
struct LandmarkCount {
    std::string name;              ///< "90"; "" when there is one landmark without a name
    std::size_t patients = 0;      ///< all
    std::size_t event_before = 0;  ///< the event lies on the landmark or before it
    std::size_t ended_before = 0;  ///< a competing end does
    std::size_t not_followed = 0;  ///< follow-up does not go beyond it
    std::size_t no_score = 0;      ///< at risk, but the score cannot be said
    std::size_t scored = 0;
    std::size_t bounds = 0;  ///< of them: the score is a limit of detection, not a measurement
    std::map<std::string, std::size_t> why;  ///< of no_score: "no reading of ctdna" -> patients
};

struct ScoreCohort {
    std::string score;  ///< for people: "P(growing) by kinetics-bottleneck"
    study::ScoreKind kind = study::ScoreKind::number;
    std::vector<std::string> patients;     ///< ids, by ScoredRow::patient
    std::vector<LandmarkCount> landmarks;  ///< by ScoredRow::landmark
    std::vector<study::ScoredRow> rows;
    std::vector<std::map<std::string, std::string>> groups;   ///< per row: "sex" -> "female"
    std::vector<std::string> channels;                        ///< that the score reads; none for a table
    std::vector<std::pair<std::string, std::string>> failed;  ///< patients who are left out, and why
};

struct ScoreTableRequest {
    std::string score = "score";  ///< column
    study::ScoreKind kind = study::ScoreKind::number;
    std::vector<std::string> by;  ///< columns of subgroups
};

/// Reads a CSV table with a header and a row per patient and landmark: `id`; `time`, days from the
/// landmark, not below 0; `event`, 0 censored, 1 the event, 2 a competing end; the score; optionally
/// `landmark`; and the columns of subgroups. Other columns are passed over. A row with an empty score or NA
/// counts as not assessable, one of time 0 as ended at the landmark. Landmarks stand in the order of their
/// numbers, else of the file.
///
/// Codes: P080 no such column, P081 no time, P082 no event, P083 no score, or none of its kind, P084 a
/// patient twice at one landmark, P085 an empty id, P086 nothing to look at; F0xx of the CSV reader.
/// @param findings  reading goes on behind each, up to a hundred. Usable only if findings.ok().
/// @tested tests/app/score_cohort_test.cpp
[[nodiscard]] ScoreCohort read_score_table(std::string_view text, const std::string& file,
                                           const ScoreTableRequest& request, Findings& findings);

}  // namespace bellwether::app

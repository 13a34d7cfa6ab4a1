#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "bellwether/study/score.hpp"

/// What the tests of scores share.
namespace scores {

using namespace bellwether::study;

/// A row per patient at one landmark; ends: 0 censored, 1 event, 2 competing.
inline std::vector<ScoredRow> rows_of(const std::vector<double>& time, const std::vector<int>& end,
                                      const std::vector<double>& score) {
    std::vector<ScoredRow> rows;
    for (std::size_t i = 0; i < time.size(); ++i)
        rows.push_back({i, 0, time[i], static_cast<ScoreEnd>(end[i]), score[i]});
    return rows;
}

constexpr std::size_t at(ScoreMeasure m) {
    return static_cast<std::size_t>(m);
}

inline std::vector<std::optional<double>> measures(const std::vector<ScoredRow>& rows,
                                                   const ScoreRequest& request) {
    std::size_t patients = 0;
    for (const auto& r : rows)
        patients = std::max(patients, r.patient + 1);
    std::vector<std::optional<double>> out;
    ScoreSample(rows, patients, request).figures(std::vector<std::uint32_t>(patients, 1), out);
    return out;
}

inline std::optional<double> measure(const std::vector<ScoredRow>& rows, const ScoreRequest& request,
                                     ScoreMeasure m) {
    return measures(rows, request)[at(m)];
}

}  // namespace scores

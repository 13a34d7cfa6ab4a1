#pragma once

#include <optional>
#include <vector>

#include "bellwether/series/timeline.hpp"

namespace bellwether::series {

/// The answers of last, baseline, nadir and peak at every point of a track, prepared in one pass: for walking
/// through a patient's evaluation points. An index i means "the last reading is points[i]"; -1 gives "no
/// reading". Each answer is exactly that of the function of the same name at a date whose last reading is i.
///
/// Holds a reference: the track must outlive it and stay as it was.
/// @cost   O(n) to build, O(1) per answer by index.
/// @tested tests/series/summary_test.cpp: equal to the pure functions on random tracks.
class TrackSummary {
public:
    TrackSummary(const Track& track, std::optional<Date> day_zero);

    [[nodiscard]] const Track& track() const noexcept { return *track_; }
    [[nodiscard]] int last_index(Date d) const { return track_->last_index(d); }

    [[nodiscard]] Answer last(int i) const;
    [[nodiscard]] Answer baseline(int i) const;
    [[nodiscard]] Answer nadir(int i) const;
    [[nodiscard]] Answer peak(int i) const;

    /// Which point it is; -1 when there is none (or, for the baseline, when it lies in another segment).
    [[nodiscard]] int baseline_index(int i) const;
    [[nodiscard]] int nadir_index(int i) const { return i < 0 ? -1 : nadir_[static_cast<std::size_t>(i)]; }
    [[nodiscard]] int peak_index(int i) const { return i < 0 ? -1 : peak_[static_cast<std::size_t>(i)]; }

private:
    const Track* track_;
    int zero_;  ///< index of the reading that speaks for day zero, whatever its segment; -1 none
    std::vector<int> nadir_, peak_;
};

}  // namespace bellwether::series

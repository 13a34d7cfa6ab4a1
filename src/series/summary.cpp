#include "bellwether/series/summary.hpp"

#include <algorithm>

#include "pick.hpp"

namespace bellwether::series {

TrackSummary::TrackSummary(const Track& track, std::optional<Date> day_zero)
    : track_(&track), zero_(zero_index(track, day_zero)) {
    const int n = static_cast<int>(track.points.size());
    nadir_.reserve(track.points.size());
    peak_.reserve(track.points.size());
    for (int i = 0; i < n; ++i) {
        // Up to day zero every reading is the baseline so far, and the range begins anew with it.
        const bool begins = i == 0 || i <= zero_ || point(track, i).segment != point(track, i - 1).segment;
        const int low = begins ? i : nadir_.back(), high = begins ? i : peak_.back();
        nadir_.push_back(ranks_lower(point(track, i).reading, point(track, low).reading) ? i : low);
        peak_.push_back(ranks_higher(point(track, i).reading, point(track, high).reading) ? i : high);
    }
}

int TrackSummary::baseline_index(int i) const {
    if (i < 0 || zero_ < 0) return -1;
    const int base = std::min(i, zero_);
    return point(*track_, base).segment == point(*track_, i).segment ? base : -1;
}

Answer TrackSummary::last(int i) const {
    return i < 0 ? no_reading(*track_) : tell(point(*track_, i).reading);
}

Answer TrackSummary::baseline(int i) const {
    return tell_baseline(*track_, i, zero_);
}

Answer TrackSummary::nadir(int i) const {
    return i < 0 ? no_reading(*track_) : tell(point(*track_, nadir_index(i)).reading);
}

Answer TrackSummary::peak(int i) const {
    return i < 0 ? no_reading(*track_) : tell(point(*track_, peak_index(i)).reading);
}

}  // namespace bellwether::series

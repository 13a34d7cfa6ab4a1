#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bellwether/record/channel.hpp"
#include "bellwether/record/resolve.hpp"

namespace bellwether::series {

/// One reading on a track.
struct Point {
    Date date;
    int minute = -1;  ///< of the day, -1 unknown
    Reading reading;
    int segment =
        0;  ///< readings of one segment are comparable; rises by one at a change of assay or laboratory
    int assay = -1;  ///< Track::assay_names; -1 unknown
};

/// One channel of one patient, final and corrected readings only, ascending by date and minute (unknown
/// minutes first). Several readings of a day: the last one speaks for the day in `at`, all count for nadir
/// and trend.
struct Track {
    std::string channel;
    std::vector<Point> points;
    std::vector<std::string> segment_names = {};  ///< by segment: the assay it began with, see assay_name()
    std::vector<std::string> assay_names = {};    ///< those that a reading has, by first appearance
    /// Index of the last point taken on or before a date; -1 when none. O(log n).
    [[nodiscard]] int last_index(Date d) const;
    [[nodiscard]] std::string assay_of(const Point& p) const {  ///< "" where unknown
        return p.assay < 0 ? std::string() : assay_names[static_cast<std::size_t>(p.assay)];
    }
};

/// "assay/laboratory"; only "assay" when the laboratory is not given; "" when neither is.
[[nodiscard]] std::string assay_name(const std::string& assay, const std::string& laboratory);

/// A patient's data as known at one instant, in the shape that everything downstream reads.
struct Timeline {
    Patient patient;
    std::map<std::string, Track> tracks;     ///< measured, and after derive::extend the derived ones
    std::vector<TherapyInterval> therapies;  ///< ascending by start, then regimen
    std::vector<Event> events;               ///< ascending by date, then kind, then term
    std::vector<Lesion> lesions;             ///< ascending by date, then lesion
    std::vector<std::string> conflicts;
    std::map<std::string, std::string> unmeasured;  ///< derived channel -> what input is missing

    [[nodiscard]] const Track* track(const std::string& channel) const;  ///< null when there is none
    /// Origin of study days: day zero, else the first reading of any channel, else nothing.
    [[nodiscard]] std::optional<Date> origin() const;
};

/// Builds the timeline from V(D). Preliminary readings are left out. Derived channels of the catalogue are
/// left to `derive`; a channel that the catalogue does not know is kept.
///
/// Segments: a reading joins the running segment when its assay and laboratory are the same as those of a
/// reading already in it (empty counts as a name like any other; an accession number says nothing), or are
/// bridged to one of them (Channel::bridges of the catalogue); its value is then brought to the scale of the
/// segment's *first* reading, so that a later change of assay never rewrites what an earlier day saw.
/// Otherwise a new segment begins, also on a return to an assay used before: what happened in between is not
/// known to be comparable. Same-day readings are ordered by minute, assay, laboratory, accession, replicate.
///
/// @throws Error Q001 a bridge whose factor is not a finite number above 0; Q002 observation_status is not
/// parallel to
///         observations.
/// @cost   O(n log n); the order of the records in `file` does not matter.
[[nodiscard]] Timeline build(const PatientFile& file, const ChannelCatalogue& catalogue);
/// The same from records that stay where they are; nothing that a timeline does not keep is copied.
[[nodiscard]] Timeline build(const std::string& patient, const InForce& known,
                             const ChannelCatalogue& catalogue);

/// A number, or why there is none.
struct Answer {
    std::optional<double> value;
    std::string why;        ///< set when there is no value
    bool censored = false;  ///< the number is a limit of detection, not a measurement
    /// When censored: on which side of `value` the truth lies (left: below it, an upper bound; right: above
    /// it, a lower bound); none: both readings lie below (or above) the same limit, so that no difference
    /// between them is visible.
    Censor bound = Censor::none;
};

// All of the following use points taken on or before `d` only, and only those of the segment of the last such
// point. Cost: O(log n) for last, baseline, fold and change, O(n) for nadir and peak; TrackSummary
// (summary.hpp) gives the same answers in O(1) per point after one pass.

[[nodiscard]] Answer last(const Track& t, Date d);

/// The last reading on or before day zero; without a day zero the first reading. Not across segments: a
/// baseline that lies in another segment than the last reading is unknown, "baseline is of another assay (X),
/// no bridge declared". A later reading never takes its place. Before day zero, the last reading so far.
[[nodiscard]] Answer baseline(const Track& t, Date d, std::optional<Date> day_zero);

/// Lowest from baseline on, including the last. When there is no baseline in the segment, from the segment's
/// beginning (all of it then lies after day zero). With censored readings: the reading with the least
/// *certain upper bound*. So
/// "<0.1" ranks below any measured value of 0.1 or more, but a measured 0.05 ranks below "<0.1" (it is
/// certainly reached, the other only perhaps), and ">1000" ranks above everything measured. Of equals the
/// earliest; a censored one before a measured one.
[[nodiscard]] Answer nadir(const Track& t, Date d, std::optional<Date> day_zero);
/// The mirror image: the reading with the greatest certain lower bound, over the same points.
[[nodiscard]] Answer peak(const Track& t, Date d, std::optional<Date> day_zero);

/// last / reference. A left-censored reference or last gives a bound: `last` censored over an uncensored
/// reference is an upper bound (value = limit/reference, censored = true); a censored reference gives
/// last/limit, a lower bound (censored = true); right-censored ones the other way round. Both below the same
/// limit: 1, censored, bound none (no change is visible). Both below different limits: unknown. Reference 0
/// or below, or last below 0: unknown.
[[nodiscard]] Answer fold(const Track& t, Date d, const Answer& reference);
/// last - reference, with the same bounds; any sign.
[[nodiscard]] Answer change(const Track& t, Date d, const Answer& reference);

/// Theil-Sen slope per day on the channel's scale (log scale: natural log per day) over (d - window, d], with
/// its interval from Kendall's statistic (Sen 1968, J Am Stat Assoc 63:1379; Hollander & Wolfe 1999, ch. 9).
struct Trend {
    Answer slope, low, high;
    int readings = 0;  ///< in the window and the segment, censored ones included
};

/// A censored reading makes each of its pairwise slopes an interval, half open or whole: the medians of the
/// lower and of the upper ends enclose the median slope (order statistics are monotone). Slope: known when
/// the two agree, else unknown with the reason. low and high: the interval's end over the lower and over the
/// upper ends, respectively; censored when censoring moved it, unknown when it is infinite. At least three
/// readings on two days, else everything unknown. Pairs of one day have no slope; ties in time are in
/// Kendall's distribution (exact up to 60 readings, normal beyond, see kendall.hpp). Too few readings for the
/// confidence: low and high unknown, slope stands.
///
/// @param  window_days  above 0
/// @param  confidence   in (0, 1); the interval's true level is the least attainable one not below it
/// @throws Error Q003 window_days or confidence out of range.
/// @cost   O(n^2) in the readings of the window.
/// @tested tests/series/trend_test.cpp: Sen's example, brute force.
[[nodiscard]] Trend trend(const Track& t, Date d, int window_days, Scale scale, double confidence = 0.9);

}  // namespace bellwether::series

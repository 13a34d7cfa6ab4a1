#pragma once

#include <memory>
#include <string>

#include "bellwether/core/feature.hpp"
#include "bellwether/record/channel.hpp"
#include "bellwether/series/timeline.hpp"

/// The detectors as features of the rule language: cusum(channel, k, h), ewma(channel, lambda, c) and
/// changepoint(channel, window), over one track.
///
/// All judge on the channel's scale, against the patient's own first `least_baseline` measured readings and
/// what follows them (chart.hpp, changepoint.hpp). They begin anew where the assay changes without a bridge,
/// and after a reading that has no logarithm on a log scale nothing can be said until they do.
///
/// cusum and ewma give the excess of the statistic over its limit; above 0 is a signal. They look to the side
/// that harms (`harm` of the channel): what harms when it rises is watched for rises, and a fall that the
/// same chart signals begins a new level. Without a harmful side both are watched, and the larger counts.
///
/// changepoint gives the posterior probability that the run of the last reading began within the window that
/// ends at the date: with a reading of (d - window, d]. Changes come at random, once in mean_days_to_change.
namespace bellwether::drift {

/// Illustrative.
constexpr double mean_days_to_change = 365.0;

[[nodiscard]] bool is_detector(const std::string& feature);

/// Why the numbers of a call cannot be ("h must lie above 0 ..."); "" when they can.
[[nodiscard]] std::string refuse_detector(const FeatureCall& call);

class TrackDetector {
public:
    virtual ~TrackDetector() = default;
    /// The next reading of the track.
    void take(const series::Point& point);
    /// As of the last reading taken; `d` on or after it. Unknown, with the reason, while the baseline is too
    /// short. Never a bound: a reading beyond its limit is weighed, see Baseline.
    [[nodiscard]] series::Answer answer(Date d) const;

protected:
    explicit TrackDetector(const Channel& channel) : channel_(channel) {}
    [[nodiscard]] const std::string& name() const { return channel_.name; }

private:
    virtual void begin() = 0;  ///< forget everything
    virtual void feed(const Reading& x, Date date) = 0;
    [[nodiscard]] virtual series::Answer judge(Date d) const = 0;

    const Channel& channel_;
    int segment_ = -1;
    bool no_logarithm_ = false;
};

/// Keeps a reference to the channel.
/// @throws Error D010 the call's numbers cannot be
[[nodiscard]] std::unique_ptr<TrackDetector> make_detector(const FeatureCall& call, const Channel& channel);

}  // namespace bellwether::drift

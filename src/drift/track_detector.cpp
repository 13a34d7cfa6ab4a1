#include "bellwether/drift/track_detector.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "bellwether/drift/changepoint.hpp"
#include "bellwether/drift/chart.hpp"

namespace bellwether::drift {
namespace {

series::Answer unknown(std::string why) {
    return {std::nullopt, std::move(why), false, Censor::none};
}

/// Why nothing can be said yet: a baseline that is not ready, or that the last reading has just completed.
series::Answer too_short(const std::string& channel, const Baseline& baseline, Date since) {
    if (baseline.measured() < baseline.wanted())
        return unknown(fmt::format("{} of the {} measured readings of {} that its baseline needs, since {}",
                                   baseline.measured(), baseline.wanted(), channel, to_string(since)));
    if (!baseline.ready())
        return unknown(
            fmt::format("all readings of {} since {} are equal: no baseline", channel, to_string(since)));
    return unknown(
        fmt::format("no reading of {} after its baseline, which began on {}", channel, to_string(since)));
}

class ChartDetector : public TrackDetector {
public:
    ChartDetector(const Channel& channel, const std::variant<Cusum, Ewma>& design)
        : TrackDetector(channel), fresh_(design, Baseline(), watch_of(channel.harm)), chart_(fresh_) {}

private:
    static Watch watch_of(Harm harm) {
        return harm == Harm::up ? Watch::up : harm == Harm::down ? Watch::down : Watch::both;
    }
    void begin() override {
        chart_ = fresh_;
        dates_.clear();
    }
    void feed(const Reading& x, Date date) override {
        chart_.take(x);
        dates_.push_back(date);
    }
    [[nodiscard]] series::Answer judge(Date) const override {
        if (!chart_.score()) return too_short(name(), chart_.baseline(), dates_[chart_.level_begins()]);
        const auto& s = chart_.statistic();
        const double up = s.value(Side::up), down = s.value(Side::down);
        const double watched = chart_.watch() == Watch::up     ? up
                               : chart_.watch() == Watch::down ? down
                                                               : std::max(up, down);
        return {watched - s.limit(), {}, false, Censor::none};
    }

    Chart fresh_, chart_;
    std::vector<Date> dates_;
};

class ChangeDetector : public TrackDetector {
public:
    ChangeDetector(const Channel& channel, int window) : TrackDetector(channel), window_(window) {}

private:
    void begin() override {
        baseline_ = Baseline();
        runs_.reset();
        dates_.clear();
    }
    void feed(const Reading& x, Date date) override {
        const double gap = dates_.empty() ? 0.0 : date - dates_.back();
        dates_.push_back(date);
        if (runs_) {
            runs_->take(x, hazard(gap, mean_days_to_change));
            return;
        }
        baseline_.take(x);
        in_baseline_ = dates_.size();
        if (baseline_.ready()) runs_.emplace(priors_from(baseline_), in_baseline_);
    }
    [[nodiscard]] series::Answer judge(Date d) const override {
        if (!runs_ || dates_.size() == in_baseline_) return too_short(name(), baseline_, dates_.front());
        const auto first = std::upper_bound(dates_.begin(), dates_.end(), d - window_);
        // The first run began with the series, which is no change.
        const auto since = std::max<std::ptrdiff_t>(1, first - dates_.begin());
        return {runs_->began_since(static_cast<std::size_t>(since)), {}, false, Censor::none};
    }

    int window_;
    Baseline baseline_;
    std::size_t in_baseline_ = 0;  ///< readings, those that it passed over too
    std::optional<RunLengths> runs_;
    std::vector<Date> dates_;
};

}  // namespace

bool is_detector(const std::string& feature) {
    return feature == "cusum" || feature == "ewma" || feature == "changepoint";
}

std::string refuse_detector(const FeatureCall& call) {
    if (call.name == "changepoint") return {};
    const double first = call.args.at(1).number, second = call.args.at(2).number;
    if (call.name == "cusum") {
        if (!(first >= 0.0 && first <= 10.0)) return "k must lie between 0 and 10 (sd of a reading)";
        if (!(second > 0.0 && second <= 100.0)) return "h must lie above 0 and up to 100 (sd of a reading)";
        return {};
    }
    if (!(first > 0.0 && first <= 1.0)) return "lambda must lie above 0 and up to 1";
    if (!(second > 0.0 && second <= 10.0)) return "c must lie above 0 and up to 10 (sd of the EWMA)";
    return {};
}

void TrackDetector::take(const series::Point& point) {
    if (point.segment != segment_) {
        begin();
        no_logarithm_ = false;
    }
    segment_ = point.segment;
    Reading x = point.reading;
    if (channel_.scale == Scale::log) {
        no_logarithm_ = no_logarithm_ || x.value <= 0.0;
        if (no_logarithm_) return;
        x.value = std::log(x.value);
    }
    feed(x, point.date);
}

series::Answer TrackDetector::answer(Date d) const {
    if (no_logarithm_)
        return unknown(fmt::format("a reading of {} at or below 0 has no logarithm", channel_.name));
    return judge(d);
}

std::unique_ptr<TrackDetector> make_detector(const FeatureCall& call, const Channel& channel) {
    if (call.name == "changepoint")
        return std::make_unique<ChangeDetector>(channel, static_cast<int>(call.args.at(1).number));
    const double first = call.args.at(1).number, second = call.args.at(2).number;
    if (call.name == "cusum") return std::make_unique<ChartDetector>(channel, Cusum{first, second, 0.0});
    return std::make_unique<ChartDetector>(channel, Ewma{first, second});
}

}  // namespace bellwether::drift

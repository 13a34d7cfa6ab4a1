#include "bellwether/derive/sums.hpp"

#include <algorithm>

#include "exact.hpp"

namespace bellwether::derive {
namespace {

using recist::Response;
using series::Point;
using series::Track;

const Point& at(const Track& t, int i) {
    return t.points[static_cast<std::size_t>(i)];
}

/// Walks the days of a track; each call to next() gives the response of one day, in one pass for all.
class SumReader {
public:
    SumReader(const Track& sums, std::optional<Date> day_zero)
        : sums_(sums),
          day_zero_(day_zero),
          zero_(day_zero              ? sums.last_index(*day_zero)
                : sums.points.empty() ? -1
                                      : 0) {
        // Of the first day, as of every other, the last reading speaks.
        if (!day_zero && zero_ == 0) zero_ = sums.last_index(sums.points.front().date);
    }

    /// @param i  the last reading of its day; days must be given ascending and none left out
    SumResponse read(int i) {
        const Point& p = at(sums_, i);
        if (i <= zero_) {
            begin(p);
            return {Response::ne, "no assessment of " + sums_.channel + " after baseline"};
        }
        if (zero_ < 0) return {Response::ne, "no reading of " + sums_.channel + " on or before day zero"};
        if (!reference_ || p.segment != at(sums_, zero_).segment) {
            const auto why = series::baseline(sums_, p.date, day_zero_).why;
            return {Response::ne, why.empty() ? "baseline of " + sums_.channel + " is only a limit" : why};
        }
        if (p.reading.censor != Censor::none)
            return {Response::ne, "the last reading of " + sums_.channel + " is only a limit"};
        const Length sum = exact(p.reading.value);
        const Response r = sum == 0                      ? Response::cr
                           : progressed(sum, *nadir_)    ? Response::pd
                           : responded(sum, *reference_) ? Response::pr
                                                         : Response::sd;
        nadir_ = std::min(*nadir_, sum);
        return {r, {}};
    }

private:
    void begin(const Point& p) {
        reference_.reset();
        if (p.reading.censor == Censor::none) reference_ = exact(p.reading.value);
        nadir_ = reference_;
    }

    const Track& sums_;
    std::optional<Date> day_zero_;
    int zero_;
    std::optional<Length> reference_, nadir_;
};

template <class Visit>
void each_day(const Track& sums, Date d, Visit visit) {
    const int end = sums.last_index(d);
    for (int i = 0; i <= end; ++i)
        if (i == end || at(sums, i + 1).date != at(sums, i).date)
            if (!visit(i)) return;
}

}  // namespace

SumResponse target_response_from_sums(const Track& sums, Date d, std::optional<Date> day_zero) {
    SumResponse last{Response::ne, "no reading of " + sums.channel};
    SumReader reader(sums, day_zero);
    each_day(sums, d, [&](int i) {
        last = reader.read(i);
        return true;
    });
    return last;
}

std::optional<Date> first_progression_on_sums(const Track& sums, Date d, std::optional<Date> day_zero) {
    std::optional<Date> found;
    SumReader reader(sums, day_zero);
    each_day(sums, d, [&](int i) {
        if (reader.read(i).response == Response::pd) found = at(sums, i).date;
        return !found;
    });
    return found;
}

}  // namespace bellwether::derive

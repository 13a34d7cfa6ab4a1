#include "rates.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

namespace lead_time {

std::vector<Passed> run(const MakeDetector& make, const Setting& setting, Kind kind, double f,
                        std::uint64_t seed, std::size_t patients, unsigned threads) {
    std::vector<Passed> out(patients);
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        const Detector detector = make();
        Scores scores;
        for (std::size_t begin = next.fetch_add(64); begin < patients; begin = next.fetch_add(64))
            for (std::size_t i = begin; i < std::min(patients, begin + 64); ++i) {
                const Course course = draw(setting, kind, f, seed, i);
                scores.clear();
                detector(course, scores);
                double highest = -1e308;
                for (const Score& s : scores)
                    if (s.value > highest) {
                        highest = s.value;
                        out[i].records.push_back(s);
                    }
                out[i].progression = course.progression;
                out[i].nadir = course.tumour.nadir();
            }
    };
    std::vector<std::jthread> others;
    for (unsigned w = 1; w < threads; ++w)
        others.emplace_back(work);
    work();
    others.clear();
    return out;
}

std::optional<double> first_alert(const Passed& patient, double threshold) {
    for (const Score& s : patient.records)
        if (s.value >= threshold) return s.day;
    return std::nullopt;
}

double false_rate(const std::vector<Passed>& nulls, double threshold) {
    double alerted = 0.0, years = 0.0;
    for (const Passed& p : nulls) {
        const auto day = first_alert(p, threshold);
        alerted += day ? 1.0 : 0.0;
        years += day.value_or(p.end) / kYear;
    }
    return alerted / years;
}

double solve(const std::vector<std::vector<Passed>>& nulls, double limit) {
    double low = 1e308, high = -1e308;
    for (const auto& cohort : nulls)
        for (const Passed& p : cohort)
            for (const Score& s : p.records) {
                low = std::min(low, s.value);
                high = std::max(high, s.value);
            }
    high += 1.0;
    // The rate falls as the threshold rises.
    while (high - low > 1e-6) {
        const double middle = 0.5 * (low + high);
        const bool kept = std::all_of(nulls.begin(), nulls.end(), [&](const std::vector<Passed>& cohort) {
            return false_rate(cohort, middle) <= limit;
        });
        (kept ? high : low) = middle;
    }
    return high;
}

Leads leads(const std::vector<Passed>& patients, double threshold) {
    Leads out;
    std::vector<double> weeks;
    double before = 0.0, alerted = 0.0, anticipated = 0.0;
    for (const Passed& p : patients) {
        const auto day = first_alert(p, threshold);
        if (day && p.nadir) {
            alerted += 1.0;
            anticipated += *day < *p.nadir ? 1.0 : 0.0;
        }
        if (!p.progression) continue;
        weeks.push_back(day ? std::clamp((*p.progression - *day) / 7.0, -30.0, 60.0) : -30.0);
        before += day && *day < *p.progression ? 1.0 : 0.0;
    }
    out.progressed = weeks.size();
    if (weeks.empty()) return out;
    const auto n = static_cast<double>(weeks.size());
    for (const double w : weeks)
        out.mean_w += w / n;
    std::sort(weeks.begin(), weeks.end());
    out.median_w = 0.5 * (weeks[(weeks.size() - 1) / 2] + weeks[weeks.size() / 2]);
    out.before = before / n;
    out.anticipated = alerted > 0.0 ? anticipated / alerted : 0.0;
    return out;
}

}  // namespace lead_time

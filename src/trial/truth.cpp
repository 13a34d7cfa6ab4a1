#include <algorithm>
#include <array>
#include <cmath>

#include "bellwether/trial/course.hpp"

namespace bellwether::trial {
namespace {

/// Days [0, n) before the second line, on which the immune system alone decides.
std::size_t first_line_days(const Course& c) {
    const auto n = c.daily.size();
    return c.switched ? std::min(n, static_cast<std::size_t>(*c.switched)) : n;
}

/// What took the kill away: the largest of three losses between the day of greatest kill and the day `at`, in
/// logs.
std::string driver_of_regrowth(const VirtualPatient& p, const Course& c, std::size_t at) {
    std::size_t best = 0;
    for (std::size_t i = 0; i <= at; ++i)
        if (kill_rate(p.biology, c.daily[i]) > kill_rate(p.biology, c.daily[best])) best = i;
    const State &then = c.daily[best], &now = c.daily[at];
    // Effectors also fall because antigen does: what counts is what is left per antigen.
    const auto per_antigen = [](const State& x) { return x[effector] / antigen(volume(x)); };
    const auto reach = [&](const State& x) {
        const double share = x[resistant] / volume(x);
        return 1.0 - share * (1.0 - p.biology.resistant_kill);
    };
    const std::array<double, 3> loss{std::log(per_antigen(then) / per_antigen(now)),
                                     std::log(suppression(now) / suppression(then)),
                                     std::log(reach(then) / reach(now))};
    constexpr std::array<const char*, 3> names{"exhaustion", "suppression", "clonal"};
    return names[static_cast<std::size_t>(std::max_element(loss.begin(), loss.end()) - loss.begin())];
}

std::optional<int> sum_progression(const VirtualPatient& p, const Course& c) {
    double least = true_sum(p, volume(c.daily.front()));
    for (std::size_t i = 0; i < c.daily.size(); ++i) {
        const double sum = true_sum(p, volume(c.daily[i]));
        if (sum >= 1.2 * least && sum >= least + 5.0) return static_cast<int>(i);
        least = std::min(least, sum);
    }
    return std::nullopt;
}

std::string response_class(double best_change, bool regrew, bool progressed_early) {
    if (progressed_early) return "primary_progression";
    const char* depth = best_change <= -0.6 ? "deep" : best_change <= -0.3 ? "partial" : "stable";
    return regrew ? std::string("acquired_after_") + depth : depth;
}

}  // namespace

Truth read_truth(const VirtualPatient& p, const Course& c) {
    Truth t;
    const std::size_t n = first_line_days(c);
    std::size_t nadir = 0;
    for (std::size_t i = 0; i < n; ++i)
        if (volume(c.daily[i]) < volume(c.daily[nadir])) nadir = i;
    double later = 0.0;
    std::size_t at = nadir;
    for (std::size_t i = nadir; i < n; ++i) {
        later = std::max(later, volume(c.daily[i]));
        if (at == nadir && later >= 1.25 * volume(c.daily[nadir])) at = i;
    }
    t.best_change = true_sum(p, volume(c.daily[nadir])) / true_sum(p, volume(c.daily.front())) - 1.0;
    const bool regrew = at != nadir;
    if (regrew) t.onset = static_cast<int>(nadir);
    t.sum_progression = sum_progression(p, c);
    if (!c.new_lesions.empty()) t.new_lesion = c.new_lesions.front();
    const bool never_shrank = t.best_change > -0.1 && regrew && nadir < 84;
    t.response = response_class(t.best_change, regrew, never_shrank);
    t.driver = !regrew ? "none" : never_shrank ? "growth" : driver_of_regrowth(p, c, at);
    return t;
}

std::string_view regime(double growth_per_day) {
    if (growth_per_day > 0.002) return "growing";
    return growth_per_day < -0.002 ? "shrinking" : "stable";
}

}  // namespace bellwether::trial

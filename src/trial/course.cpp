#include "bellwether/trial/course.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "bellwether/trial/random.hpp"

namespace bellwether::trial {
namespace {

constexpr int scan_every = 63, draw_every = 21;
constexpr double reader_error = 0.04;  // of the sum, one standard deviation

struct Term {
    std::string_view name;
    double weight;
    int hold_from;  // grade at which the treatment is held (D30; rash from 3)
    bool lasts;     // hormone deficits do not resolve
};
constexpr std::array<Term, 6> terms{{{"rash", 0.34, 3, false},
                                     {"colitis", 0.18, 2, false},
                                     {"hepatitis", 0.14, 2, false},
                                     {"hypothyroidism", 0.16, 4, true},
                                     {"pneumonitis", 0.10, 2, false},
                                     {"arthralgia", 0.08, 3, false}}};

/// Walks one patient through the trial, day by day: what is seen at a scan decides what is given next.
class Walk {
public:
    Walk(const TrialOptions& options, const VirtualPatient& p)
        : options_(options),
          p_(p),
          random_(options.seed, static_cast<std::uint64_t>(p.index), Stream::Use::course),
          visits_(options.seed, static_cast<std::uint64_t>(p.index), Stream::Use::visits),
          x_(untreated(p.biology, p.start_volume * (1.0 - p.resistant_share),
                       p.start_volume * p.resistant_share)) {}

    Course run() {
        const int last = 7 * options_.weeks;
        const double leaves = options_.dropout_per_year > 0
                                  ? random_.exponential(365.25 / options_.dropout_per_year)
                                  : std::numeric_limits<double>::infinity();
        start(p_.regimen, 0);
        scan(-visits_.integer(1, 14), true);
        for (int day = 0;; ++day) {
            c_.daily.push_back(x_);
            c_.swelling.push_back(swelling(day));
            c_.last_day = day;
            if (day >= last) break;
            if (day >= leaves) {
                c_.dropped_out = true;
                break;
            }
            if (dies(day)) break;
            new_lesion(day);
            if (day == next_scan_ && (!c_.switched || day < *c_.switched + lab_follow_up_after_switch))
                scan(day, true);
            if (day == switch_on_) switch_therapy(day);
            toxicity(day);
            advance(p_.biology, controls(day), x_, 1.0);
        }
        c_.died.has_value() ? close_therapy(*c_.died, "death") : void();
        if (c_.dropped_out) close_therapy(c_.last_day, "withdrawal");
        plan_visits();
        return std::move(c_);
    }

private:
    [[nodiscard]] double swelling(int day) const {
        const double t = day / 42.0;  // gamma-shaped: highest in week 6, gone by half a year
        return 1.0 + p_.swelling * t * t * std::exp(2.0 - 2.0 * t);
    }

    [[nodiscard]] Controls controls(int day) const {
        Controls c;
        if (!open_) return c;
        if (c_.switched) {
            c.drug_kill = 0.020 * std::exp(-(day - *c_.switched) / 120.0);  // resistance to it grows
        } else {
            c.blockade = 1.0;
        }
        return c;
    }

    bool dies(int day) {
        const double burden = volume(x_) / p_.start_volume;
        double hazard = 0.00012 + 0.00025 * p_.ecog;
        if (options_.scenario == Scenario::mixed)
            hazard += 0.0006 * std::min(8.0, std::max(0.0, burden - 0.8)) + (c_.switched ? 0.0008 : 0.0);
        if (!random_.chance(hazard)) return false;
        c_.died = day;
        return true;
    }

    void new_lesion(int day) {
        least_volume_ = std::min(least_volume_, volume(x_));
        const bool spreads = options_.scenario == Scenario::mixed && volume(x_) > 1.1 * least_volume_;
        const double hazard = spreads ? 0.45 / 365.25 * volume(x_) / p_.start_volume : 0.0;
        if (random_.chance(std::min(hazard, 0.01))) c_.new_lesions.push_back(day);
    }

    void start(const std::string& regimen, int day) {
        c_.therapies.push_back({regimen, day, std::nullopt, ""});
        open_ = true;
    }

    void close_therapy(int day, const std::string& reason) {
        if (!open_) return;
        c_.therapies.back().stop = std::max(day, c_.therapies.back().start + 1);
        c_.therapies.back().reason = reason;
        open_ = false;
    }

    void switch_therapy(int day) {
        close_therapy(day, "progression");
        c_.switched = day;
        resume_ = -1;
        start("docetaxel", day);
    }

    void toxicity(int day) {
        if (day == resume_) {
            resume_ = -1;
            if (!c_.switched && !stopped_for_good_) start(p_.regimen, day);
        }
        const double early = day < 112 ? 2.0 : 0.5;
        const double per_year = 0.5 * early * (p_.arm == "combination" ? 1.8 : 1.0);
        const bool begins = random_.chance(per_year / 365.25);
        if (!begins || c_.switched) return;
        std::array<double, terms.size()> weights{};
        for (std::size_t i = 0; i < terms.size(); ++i)
            weights[i] = terms[i].weight;
        const Term& term = terms[random_.pick(weights)];
        const int grade = 1 + static_cast<int>(random_.pick(std::array{0.45, 0.35, 0.16, 0.04}));
        const int lasts = term.lasts ? 10000 : static_cast<int>(random_.lognormal(21.0 + 7.0 * grade, 0.5));
        for (const auto& other : c_.toxicities)
            if (other.term == term.name && day <= other.end + 14) return;
        c_.toxicities.push_back({std::string(term.name), grade, day, day + lasts});
        if (grade < term.hold_from || !open_) return;
        close_therapy(day + 1, fmt::format("toxicity: {} grade {}", term.name, grade));
        stopped_for_good_ = stopped_for_good_ || grade >= 4 || lasts > 84;  // D30, D32
        if (!stopped_for_good_) resume_ = day + lasts + random_.integer(3, 14);
    }

    void scan(int day, bool scheduled) {
        next_scan_ = next_visit(scan_every, std::max(0, day));
        if (day > 0 && visits_.chance(0.04)) return;  // missed
        Scan s = read_scan(day, scheduled);
        const bool first = !c_.progression;
        if (s.progression && first) c_.progression = day;
        const bool confirmed = s.progression && !first;
        c_.scans.push_back(std::move(s));
        if (options_.scenario == Scenario::stable || c_.switched || switch_on_ >= 0) return;
        // Treatment beyond a first progression is usual where the patient does well (D24).
        const bool swollen = c_.swelling.empty() ? false : c_.swelling.back() > 1.2;
        const bool decides = visits_.chance(0.85);
        if (confirmed || (c_.scans.back().progression && decides && !swollen))
            switch_on_ = day + visits_.integer(7, 16);
    }

    /// The n-th planned day after `day`, moved by up to five days.
    int next_visit(int every, int day) {
        const int planned = ((day + every / 2) / every + 1) * every;
        return planned + visits_.integer(-4, 5);
    }

    Scan read_scan(int day, bool scheduled) {
        const double seen = volume(x_) * (day > 0 ? swelling(day) : 1.0);
        Scan s{day, scheduled, {}, 0.0, false};
        double sum = 0.0, squares = 0.0;
        for (const auto& lesion : p_.lesions) {
            const double d = true_diameter(p_, lesion, seen);
            sum += d;
            squares += d * d;
        }
        const double error =
            reader_error * sum / std::sqrt(squares);  // of one lesion, so that the sum has 4%
        for (const auto& lesion : p_.lesions) {
            const double d = true_diameter(p_, lesion, seen) * (1.0 + error * visits_.normal());
            LesionReading r{lesion.id, lesion.organ, "target", lesion.nodal, 0.0, "measured"};
            if (d < 2.0) {
                r.state = "absent";
            } else if (d < 5.0) {
                r.state = "too_small";
                s.sum_mm += 5.0;
            } else {
                r.diameter_mm = std::round(d * 10.0) / 10.0;
                s.sum_mm += r.diameter_mm;
            }
            s.lesions.push_back(std::move(r));
        }
        add_new_lesions(s);
        s.progression = s.progression || (s.sum_mm >= 1.2 * least_sum_ && s.sum_mm >= least_sum_ + 5.0);
        least_sum_ = std::min(least_sum_, s.sum_mm);
        return s;
    }

    void add_new_lesions(Scan& s) {
        for (std::size_t i = 0; i < c_.new_lesions.size(); ++i) {
            s.lesions.push_back({fmt::format("N{:02}", i + 1), i % 2 == 0 ? "liver" : "bone", "new", false,
                                 0.0, "unequivocal_progression"});
            s.progression = true;
        }
    }

    void plan_visits() {
        const int last =
            std::min(c_.last_day, c_.switched ? *c_.switched + lab_follow_up_after_switch : c_.last_day);
        c_.visits.push_back({-visits_.integer(1, 7), true, true, true, true});
        std::vector<int> biopsies{42 + visits_.integer(-3, 7), 168 + visits_.integer(-7, 7)};
        if (c_.progression) biopsies.push_back(*c_.progression + visits_.integer(3, 12));
        for (int planned = draw_every; planned <= last; planned += draw_every) {
            const int day = planned + visits_.integer(-3, 4);
            const bool missed = visits_.chance(0.06);
            if (!missed && day <= last) c_.visits.push_back({day, true, true, true, false});
        }
        for (double t = visits_.exponential(365.25 / 0.6); t < last; t += visits_.exponential(365.25 / 0.6))
            c_.visits.push_back({static_cast<int>(t) + 1, false, true, visits_.chance(0.5), false});
        for (const int day : biopsies) {
            const bool refused = visits_.chance(day < 60 ? 0.15 : 0.40);
            if (day <= last && !refused)
                c_.visits.push_back({day, !c_.progression || day <= *c_.progression, false, false, true});
        }
        std::stable_sort(c_.visits.begin(), c_.visits.end(),
                         [](const Visit& a, const Visit& b) { return a.day < b.day; });
        std::erase_if(c_.visits,
                      [&](const Visit& v) { return v.day > last || (c_.died && v.day >= *c_.died); });
    }

    const TrialOptions& options_;
    const VirtualPatient& p_;
    Stream random_, visits_;
    State x_;
    Course c_;
    bool open_ = false, stopped_for_good_ = false;
    int next_scan_ = -1, switch_on_ = -1, resume_ = -1;
    double least_volume_ = std::numeric_limits<double>::infinity();
    double least_sum_ = std::numeric_limits<double>::infinity();
};

}  // namespace

double true_diameter(const VirtualPatient& p, const TargetLesion& lesion, double volume_ml) {
    const double ml = lesion.share * p.start_volume * std::pow(volume_ml / p.start_volume, lesion.exponent);
    return 10.0 * std::cbrt(6.0 * ml / std::numbers::pi);
}

double true_sum(const VirtualPatient& p, double volume_ml) {
    double sum = 0.0;
    for (const auto& lesion : p.lesions)
        sum += true_diameter(p, lesion, volume_ml);
    return sum;
}

Course run_course(const TrialOptions& options, const VirtualPatient& patient) {
    return Walk(options, patient).run();
}

}  // namespace bellwether::trial

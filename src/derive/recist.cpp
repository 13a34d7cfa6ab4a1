#include "bellwether/derive/recist.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "exact.hpp"

namespace bellwether::derive::recist {
namespace {

constexpr Length normal_node = 10 * mm;
constexpr Length too_small = 5 * mm;

/// The targets of one visit, in the order of the baseline's list.
struct Size {
    std::optional<Length> length;  ///< nothing: not evaluable
    bool gone = false;             ///< 0 mm, or a node of normal size
};

struct Target {
    std::string name;
    bool nodal = false;
};

/// The records of one date, by lesion.
using Visit = std::map<std::string, const Lesion*>;

std::optional<Length> length_of(const Lesion& l) {
    if (l.state == "absent" || l.state == "merged") return 0;
    if (l.state == "too_small") return too_small;
    if (l.state == "measured" && l.diameter_mm) return exact(*l.diameter_mm);
    return std::nullopt;
}

bool is_part_of(const std::string& part, const std::string& whole) {
    return part.size() > whole.size() + 1 && part.compare(0, whole.size(), whole) == 0 &&
           part[whole.size()] == '.';
}

Size size_of(const Target& target, const Visit& visit) {
    Size size;
    for (const auto& [name, lesion] : visit) {
        if (name != target.name && !is_part_of(name, target.name)) continue;
        if (lesion->role != Lesion::Role::target) continue;
        const auto length = length_of(*lesion);
        if (!length) return {};
        size.length = size.length.value_or(0) + *length;
    }
    size.gone = size.length && (target.nodal ? *size.length < normal_node : *size.length == 0);
    return size;
}

Response non_target_of(const std::vector<std::string>& names, const Visit& visit) {
    if (names.empty()) return Response::na;
    bool all_seen = true, all_gone = true;
    for (const std::string& name : names) {
        const auto it = visit.find(name);
        const std::string state = it == visit.end() ? "not_evaluable" : it->second->state;
        if (state == "unequivocal_progression") return Response::pd;
        all_seen = all_seen && state != "not_evaluable";
        all_gone = all_gone && state == "absent";
    }
    if (!all_seen) return Response::ne;
    return all_gone ? Response::cr : Response::non_cr_non_pd;
}

/// Percent of change, as a database prints it: one decimal, halves away from zero; in tenths of a percent.
Length rounded_tenths(Length sum, Length reference) {
    const Length change = 1000 * (sum - reference), half = reference / 2;
    return (change >= 0 ? change + half : change - half) / reference;
}

/// What is carried from visit to visit.
class Assessment {
public:
    Assessment(const Visit& baseline, const Options& options) : options_(options) {
        Length sum = 0;
        bool complete = true;
        for (const auto& [name, lesion] : baseline) {
            if (lesion->role == Lesion::Role::non_target) non_targets_.push_back(name);
            if (lesion->role != Lesion::Role::target) continue;
            const auto length = length_of(*lesion);
            if (!length && options.drop_targets_without_baseline) continue;
            targets_.push_back({name, lesion->nodal});
            complete = complete && length;
            sum += length.value_or(0);
        }
        if (complete && !targets_.empty()) baseline_ = nadir_ = sum;
    }

    TimePoint baseline_point(Date d) const {
        TimePoint p;
        p.date = d;
        p.baseline = true;
        p.sum = p.baseline_sum = in_mm_or_nothing(baseline_);
        return p;
    }

    TimePoint next(Date d, const Visit& visit) {
        TimePoint p;
        p.date = d;
        p.baseline_sum = in_mm_or_nothing(baseline_);
        p.nadir_before = in_mm_or_nothing(nadir_);
        p.non_target = non_target_of(non_targets_, visit);
        see_new_lesions(d, visit, p);
        assess_targets(visit, p);
        p.overall = overall(p);
        if (p.overall == Response::pd) {
            if (!p.progression) p.progression = d;
        } else
            p.progression.reset();
        had_cr_ = had_cr_ || p.overall == Response::cr;
        had_pr_ = (had_pr_ || p.target == Response::pr) && p.target != Response::pd;
        return p;
    }

private:
    static std::optional<double> in_mm_or_nothing(const std::optional<Length>& x) {
        if (!x) return std::nullopt;
        return in_mm(*x);
    }

    void see_new_lesions(Date d, const Visit& visit, TimePoint& p) {
        for (const auto& [name, lesion] : visit) {
            if (lesion->role != Lesion::Role::new_) continue;
            if (lesion->state == "absent" || lesion->state == "not_evaluable") continue;
            const auto [first, is_first] = first_seen_.emplace(name, d);
            if (lesion->state == "equivocal") continue;
            p.new_lesion = true;
            if (!p.progression || first->second < *p.progression) p.progression = first->second;
        }
    }

    bool progressed_from_nadir(Length sum) const {
        if (!nadir_) return false;
        if (*nadir_ == 0 && options_.any_return_from_zero_is_pd && sum > 0) return true;
        if (options_.round_percentages && *nadir_ > 0)
            return rounded_tenths(sum, *nadir_) >= 200 && sum - *nadir_ >= 5 * mm;
        return progressed(sum, *nadir_);
    }

    bool responded_from_baseline(Length sum) const {
        if (options_.round_percentages && *baseline_ > 0) return rounded_tenths(sum, *baseline_) <= -300;
        return responded(sum, *baseline_);
    }

    void assess_targets(const Visit& visit, TimePoint& p) {
        if (targets_.empty()) return;
        Length sum = 0;
        bool complete = true, all_gone = true, one_is_back = false;
        for (const Target& target : targets_) {
            const Size size = size_of(target, visit);
            if (!size.length) {
                complete = false;
                p.not_evaluable.push_back(target.name);
                continue;
            }
            sum += *size.length;
            all_gone = all_gone && size.gone;
            one_is_back = one_is_back || !size.gone;
        }
        const bool grown = progressed_from_nadir(sum);
        const bool normal_but_grown = options_.normal_nodes_can_progress && grown;
        if (complete && all_gone && !normal_but_grown)
            p.target = Response::cr;
        else if (grown || (one_is_back && had_cr_ && !options_.return_after_cr_by_sum))
            p.target = Response::pd;
        else if (!complete || !baseline_)
            p.target = Response::ne;
        else if (responded_from_baseline(sum) || (had_pr_ && options_.keep_response_until_pd))
            p.target = Response::pr;
        else
            p.target = Response::sd;
        if (!complete) return;
        p.sum = in_mm(sum);
        if (!nadir_ || sum < *nadir_) nadir_ = sum;
    }

    Response overall(const TimePoint& p) const {
        if (p.new_lesion || p.target == Response::pd || p.non_target == Response::pd) return Response::pd;
        const bool non_target_is_back = p.non_target == Response::non_cr_non_pd;
        if (had_cr_ && non_target_is_back && !options_.return_after_cr_by_sum) return Response::pd;
        if (targets_.empty()) return p.non_target == Response::na ? Response::ne : p.non_target;  // Table 2
        if (p.target != Response::cr) return p.target;                                            // Table 1
        return p.non_target == Response::na || p.non_target == Response::cr ? Response::cr : Response::pr;
    }

    Options options_;
    std::vector<Target> targets_;
    std::vector<std::string> non_targets_;
    std::optional<Length> baseline_, nadir_;
    std::map<std::string, Date> first_seen_;  ///< of new lesions, equivocal ones included
    bool had_cr_ = false, had_pr_ = false;
};

}  // namespace

std::string_view to_string(Response r) {
    static constexpr std::array<std::string_view, 7> names = {"CR", "PR", "SD",           "PD",
                                                              "NE", "NA", "non-CR/non-PD"};
    return names[static_cast<std::size_t>(r)];
}

std::vector<TimePoint> assess(std::span<const Lesion> lesions, std::optional<Date> day_zero,
                              const Options& options) {
    std::map<Date, Visit> visits;
    for (const Lesion& l : lesions)
        visits[l.taken][l.lesion] = &l;
    if (visits.empty()) return {};
    auto first = visits.begin();
    if (day_zero) {
        const auto after = visits.upper_bound(*day_zero);
        if (after != visits.begin()) first = std::prev(after);
    }
    Assessment assessment(first->second, options);
    std::vector<TimePoint> points = {assessment.baseline_point(first->first)};
    for (auto it = std::next(first); it != visits.end(); ++it)
        points.push_back(assessment.next(it->first, it->second));
    return points;
}

}  // namespace bellwether::derive::recist

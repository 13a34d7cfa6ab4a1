#include "bellwether/app/replay_report.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

#include "bellwether/core/text.hpp"

namespace bellwether::app {
namespace {

/// The level of each patient that has one.
struct Factor {
    std::string name;
    std::vector<std::string> levels;       ///< ascending
    std::vector<std::size_t> patient, of;  ///< who has a level, and which
};

Factor factor_of(const Replayed& replayed, const std::string& name) {
    Factor f{name, {}, {}, {}};
    std::set<std::string> levels;
    for (const auto& p : replayed.patients)
        if (const auto found = p.groups.find(name); found != p.groups.end()) levels.insert(found->second);
    f.levels.assign(levels.begin(), levels.end());
    for (std::size_t i = 0; i < replayed.patients.size(); ++i) {
        const auto found = replayed.patients[i].groups.find(name);
        if (found == replayed.patients[i].groups.end()) continue;
        const auto level = std::lower_bound(f.levels.begin(), f.levels.end(), found->second);
        f.patient.push_back(i);
        f.of.push_back(static_cast<std::size_t>(level - f.levels.begin()));
    }
    return f;
}

std::vector<Factor> factors(const Replayed& replayed, const std::vector<ReplaySide>& sides,
                            const std::vector<std::string>& by) {
    std::set<std::string> names;
    for (const auto& name : by) {
        if (name != "assay") {
            names.insert(name);
            continue;
        }
        for (const auto& side : sides)
            for (const auto& channel : channels_read(side))
                names.insert("assay of " + channel);
    }
    std::vector<Factor> list;
    for (const auto& name : names)
        if (auto f = factor_of(replayed, name); f.levels.size() > 1) list.push_back(std::move(f));
    return list;
}

class Reporter {
public:
    Reporter(const Replayed& replayed, const std::vector<ReplaySide>& sides, const ReportRequest& request)
        : replayed_(replayed),
          sides_(sides),
          request_(request),
          factors_(factors(replayed, sides, request.by)) {}

    ReplayReport run() {
        check_rules();
        for (std::size_t s = 0; s < sides_.size(); ++s)
            for (const auto& rule : rules_of(s)) {
                add_line(s, rule);
                for (const auto& f : factors_)
                    add_groups(s, rule, f);
            }
        if (sides_.size() == 2)
            for (const auto& rule : rules_of(0))
                if (const auto other = rules_of(1);
                    std::find(other.begin(), other.end(), rule) != other.end())
                    add_difference(rule);
        for (const auto& [rule, thresholds] : request_.swept)
            for (const auto& t : thresholds)
                add_curve(rule, t);
        work();
        std::vector<double> p;
        for (const auto& t : report_.tests)
            p.push_back(t.test.p);
        const auto adjusted = study::holm(p);
        for (std::size_t i = 0; i < adjusted.size(); ++i)
            report_.tests[i].p_holm = adjusted[i];
        return std::move(report_);
    }

private:
    void check_rules() const {
        std::vector<std::string> known;
        for (const auto& side : sides_)
            known.insert(known.end(), side.rules.begin(), side.rules.end());
        for (const auto& rule : request_.rules)
            if (std::find(known.begin(), known.end(), rule) == known.end())
                throw Error("P033",
                            fmt::format("no rule '{}' in this replay; {}", rule, suggestion(rule, known)));
    }

    [[nodiscard]] std::vector<std::string> rules_of(std::size_t side) const {
        const auto& all = sides_[side].rules;
        if (request_.rules.empty()) {
            auto list = all;
            if (list.size() > 1) list.insert(list.begin(), "");
            return list;
        }
        std::vector<std::string> list;
        for (const auto& rule : request_.rules)
            if (std::find(all.begin(), all.end(), rule) != all.end()) list.push_back(rule);
        return list;
    }

    [[nodiscard]] std::vector<study::Watched> patients(std::size_t side, const std::string& rule) const {
        return watched(replayed_, side, rule, sides_[side].rules);
    }

    /// Lines have their places at once and are filled by the workers.
    void add_line(std::size_t side, const std::string& rule) {
        const std::size_t at = report_.lines.size();
        report_.lines.push_back({sides_[side].name, rule, "", "", "", {}, {}});
        jobs_.push_back([this, at, side, rule] {
            const auto all = patients(side, rule);
            fill(report_.lines[at], all);
            report_.lines[at].to_alert = study::kaplan_meier(study::times_to_first_alert(all));
        });
    }

    void add_groups(std::size_t side, const std::string& rule, const Factor& f) {
        const std::size_t at = report_.groups.size(), test = report_.tests.size();
        for (const auto& level : f.levels)
            report_.groups.push_back({sides_[side].name, rule, f.name, level, "", {}, {}});
        for (const char* what : {"first false alerts", "time to first alert", "events warned of"})
            report_.tests.push_back({sides_[side].name, rule, f.name, what, {}, 1.0});
        jobs_.push_back([this, at, test, side, rule, &f] {
            const auto all = patients(side, rule);
            std::vector<study::Watched> with_level;
            std::vector<std::vector<study::Watched>> parts(f.levels.size());
            for (std::size_t i = 0; i < f.patient.size(); ++i) {
                with_level.push_back(all[f.patient[i]]);
                parts[f.of[i]].push_back(all[f.patient[i]]);
            }
            for (std::size_t g = 0; g < parts.size(); ++g)
                fill(report_.groups[at + g], parts[g]);
            const auto tests = study::compare_groups(with_level, f.of);
            report_.tests[test].test = tests.first_false;
            report_.tests[test + 1].test = tests.time_to_alert;
            report_.tests[test + 2].test = tests.warned;
        });
    }

    void add_difference(const std::string& rule) {
        const std::size_t at = report_.differences.size();
        report_.differences.push_back({rule, {}});
        jobs_.push_back([this, at, rule] {
            const study::Sample first(patients(0, rule), request_.horizon_days),
                second(patients(1, rule), request_.horizon_days);
            report_.differences[at].estimates = study::differences(first, second, request_.bootstrap);
        });
    }

    void add_curve(const std::string& rule, const std::string& threshold) {
        const std::size_t at = report_.curve.size();
        report_.curve.push_back({sides_[0].name, rule, "", "", threshold, {}, {}});
        jobs_.push_back(
            [this, at, rule, threshold] { fill(report_.curve[at], patients(0, rule + "@" + threshold)); });
    }

    void fill(ReplayLine& line, const std::vector<study::Watched>& patients) const {
        line.counts = study::counts(patients);
        line.estimates = study::estimates(study::Sample(patients, request_.horizon_days), request_.bootstrap);
    }

    void work() {
        tbb::global_control control(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(std::max(1, request_.threads)));
        tbb::parallel_for(tbb::blocked_range<std::size_t>(0, jobs_.size(), 1), [&](const auto& range) {
            for (std::size_t i = range.begin(); i != range.end(); ++i)
                jobs_[i]();
        });
    }

    const Replayed& replayed_;
    const std::vector<ReplaySide>& sides_;
    const ReportRequest& request_;
    const std::vector<Factor> factors_;
    ReplayReport report_;
    std::vector<std::function<void()>> jobs_;
};

}  // namespace

ReplayReport report_replay(const Replayed& replayed, const std::vector<ReplaySide>& sides,
                           const ReportRequest& request) {
    return Reporter(replayed, sides, request).run();
}

}  // namespace bellwether::app

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/fit.hpp"

#include "detectors.hpp"

namespace lead_time {
namespace {

using namespace bellwether;
using namespace bellwether::markov;

/// Patients differ in their rates: two speeds of falling and of growing, each pair under one label. Diffusion
/// is kept small, or it would take the differences between patients for wandering. A fifth of the readings
/// may be wild, though none of those it is fitted to is: of nine shares and widths looked at (0.01 to
/// 0.3, 2.5 to 5 times the noise) those of 0.1 and more spoke earliest, and kept their rate best where there
/// were outliers.
constexpr std::string_view kModel = R"(
schema: 1
model: yardstick
numbers: illustrative
states:
  - {{name: fast-fall, labels: [falling]}}
  - {{name: slow-fall, labels: [falling]}}
  - {{name: stable}}
  - {{name: slow-growth, labels: [growing]}}
  - {{name: fast-growth, labels: [growing]}}
transitions:
  - {{from: fast-fall, to: slow-fall, rate: {{start: 0.008, held: true, prior: {{centre: 0.008, sd: 1}}}}}}
  - {{from: slow-fall, to: stable, rate: {{start: 0.02, held: true, prior: {{centre: 0.02, sd: 1}}}}}}
  - {{from: slow-fall, to: slow-growth, rate: {{start: 0.004, held: true, prior: {{centre: 0.004, sd: 1}}}}}}
  - {{from: slow-fall, to: fast-growth, rate: {{start: 0.004, held: true, prior: {{centre: 0.004, sd: 1}}}}}}
  - {{from: stable, to: slow-growth, rate: {{start: 0.001, held: true, prior: {{centre: 0.001, sd: 1}}}}}}
  - {{from: stable, to: fast-growth, rate: {{start: 0.001, held: true, prior: {{centre: 0.001, sd: 1}}}}}}
growth:
  fast-fall: {{start: -0.03, held: true, prior: {{centre: -0.03, sd: 1}}}}
  slow-fall: {{start: -0.015, held: true, prior: {{centre: -0.015, sd: 1}}}}
  stable: 0
  slow-growth: {{start: 0.005, held: true, prior: {{centre: 0.005, sd: 1}}}}
  fast-growth: {{start: 0.01, held: true, prior: {{centre: 0.01, sd: 1}}}}
channels:
  - name: ctdna
    says: growth
    family: normal
    noise: {0}
    diffusion: {{start: 0.005, fixed: true}}
    wild: {{share: 0.2, times: 3}}
    first: {{mean: 0, sd: 0.5}}
{1}
start:
  estimate: true
  prior-sd: 1
  probabilities: {{fast-fall: 0.4, slow-fall: 0.3, stable: 0.2, slow-growth: 0.05, fast-growth: 0.05}}
)";

constexpr std::string_view kCt = R"(
  - name: sld
    says: growth
    family: lognormal
    share: 0.3333333333
    noise: 0.05
    diffusion: {start: 0.002, fixed: true}
    first: {mean: 4.2, sd: 0.4}
)";

/// Calls visit(day, readings) in the order of days.
template <typename Visit>
void each_visit(const Course& course, bool with_ct, const Visit& visit) {
    std::vector<Reading> readings(with_ct ? 2 : 1);
    std::size_t draw = 0, scan = with_ct ? 0 : course.scan_days.size();
    while (draw < course.draw_days.size() || scan < course.scan_days.size()) {
        const double day = std::min(draw < course.draw_days.size() ? course.draw_days[draw] : 1e9,
                                    scan < course.scan_days.size() ? course.scan_days[scan] : 1e9);
        std::fill(readings.begin(), readings.end(), Reading{});
        if (draw < course.draw_days.size() && course.draw_days[draw] == day)
            readings[0] = Reading::of(course.log_ctdna[draw++]);
        if (scan < course.scan_days.size() && course.scan_days[scan] == day)
            readings[1] = Reading::of(course.sum_mm[scan++]);
        visit(day, readings);
    }
}

}  // namespace

std::shared_ptr<const Spec> growth_spec(bool with_ct, const Setting& setting) {
    Findings findings;
    const std::string text = fmt::format(kModel, std::sqrt(std::log1p(setting.cv * setting.cv)),
                                         with_ct ? kCt : std::string_view());
    auto spec = std::make_shared<Spec>(read_spec(text, "lead_time", findings));
    if (!findings.ok()) throw InputError(findings);
    return spec;
}

std::shared_ptr<const ParameterSet> train(const Spec& spec, const Setting& setting, bool with_ct,
                                          unsigned threads) {
    constexpr std::uint64_t kSeed = 1;
    Panel panel(spec);
    const auto add = [&](lead_time::Kind kind, double f, std::uint64_t patients) {
        for (std::uint64_t i = 0; i < patients; ++i) {
            const Course course = draw(setting, kind, f, kSeed, i);
            panel.begin_subject(fmt::format("{}-{}-{}", static_cast<int>(kind), f, i));
            each_visit(course, with_ct, [&](double day, const std::vector<Reading>& readings) {
                panel.add({Days{day}, bellwether::markov::Kind::snapshot, 0, 0, readings, {}});
            });
        }
    };
    // A third each: regrowth, plateau, flat.
    add(lead_time::Kind::regrow, 0.25, 100);
    add(lead_time::Kind::regrow, 0.01, 100);
    add(lead_time::Kind::plateau, 0.25, 100);
    add(lead_time::Kind::plateau, 0.01, 100);
    add(lead_time::Kind::flat, 0.25, 200);
    FitOptions options;
    options.threads = threads;
    // No reading of these patients is wild: fitted as such, scored by the robust filter.
    Spec calm = spec;
    for (Channel& channel : calm.channels)
        channel.latent->wild_share = 0.0;
    auto set = std::make_shared<ParameterSet>(fit(calm, panel, options));
    if (!set->usable()) {  // a saddle: from elsewhere
        options.starts = 4;
        *set = fit(calm, panel, options);
    }
    if (!set->usable())
        throw Error("M013", fmt::format("the yardstick's model does not fit: {} ({})", set->summary.why,
                                        set->summary.anchor_broken));
    return set;
}

Detector growth(std::shared_ptr<const ParameterSet> fitted, std::shared_ptr<const Spec> spec, bool with_ct) {
    struct Kept {
        Kept(std::shared_ptr<const ParameterSet> f, std::shared_ptr<const Spec> s)
            : fitted(std::move(f)), spec(std::move(s)), cache(*spec, fitted->values), filter(cache) {}
        std::shared_ptr<const ParameterSet> fitted;
        std::shared_ptr<const Spec> spec;
        TransitionCache cache;
        Filter filter;
        FilterState state;
        Step step;
    };
    const auto kept = std::make_shared<Kept>(std::move(fitted), std::move(spec));
    const StateSet growing = kept->spec->states_with("growing");
    return [kept, growing, with_ct](const Course& course, Scores& out) {
        kept->state = kept->filter.start();
        each_visit(course, with_ct, [&](double day, const std::vector<Reading>& readings) {
            kept->filter.step(
                kept->state, {Days{day}, bellwether::markov::Kind::snapshot, 0, 0, readings, {}}, kept->step);
            double inside = 1e-300, outside = 1e-300;
            for (Eigen::Index s = 0; s < kept->step.filtered.size(); ++s)
                (contains(growing, static_cast<std::size_t>(s)) ? inside : outside) += kept->step.filtered[s];
            if (day > 0.0) out.push_back({day, std::log(inside / outside)});
        });
    };
}

}  // namespace lead_time

#include <cmath>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "study.hpp"

namespace lead_time {
namespace {

struct NullCohort {
    Kind kind;
    double f;
};
constexpr NullCohort kNulls[] = {{Kind::flat, 0.25}, {Kind::plateau, 0.25}, {Kind::plateau, 0.01}};

}  // namespace

MakeDetector maker(const std::string& name, const Setting& setting, unsigned threads) {
    const double sd = std::sqrt(std::log1p(setting.cv * setting.cv));
    if (name == "single") return [] { return Detector(single); };
    if (name == "two") return [] { return Detector(two); };
    if (name == "mean3") return [] { return Detector(mean3); };
    if (name == "cusum") return [sd] { return cusum(sd); };
    if (name == "structural") {
        const Detector one = structural(setting);
        return [one] { return one; };
    }
    if (name == "particles") return [setting] { return particles(setting); };
    const bool with_ct = name == "growth_ct";
    const auto spec = growth_spec(with_ct, setting);
    const auto fitted = train(*spec, setting, with_ct, threads);
    return [=] { return growth(fitted, spec, with_ct); };
}

MakeDetector maker_misjudging(const std::string& name, const Setting& setting, unsigned threads,
                              double factor) {
    const bool with_ct = name == "growth_ct";
    const auto spec = growth_spec(with_ct, setting);
    auto fitted =
        std::make_shared<bellwether::markov::ParameterSet>(*train(*spec, setting, with_ct, threads));
    for (const auto& t : spec->transitions)
        fitted->values[t.rate] *= factor;
    return [=] { return growth(fitted, spec, with_ct); };
}

std::vector<std::vector<Passed>> nulls(const MakeDetector& make, const Setting& setting, std::uint64_t seed,
                                       const Options& options) {
    std::vector<std::vector<Passed>> out;
    for (const NullCohort& n : kNulls)
        out.push_back(run(make, setting, n.kind, n.f, seed, options.patients, options.threads));
    return out;
}

void table(const Options& options) {
    const bool csv = options.format == "csv";
    fmt::print(
        "{}",
        csv ? "detector,every_d,cv,f,rate,median_lead_w,mean_lead_w,share_before_ct,false_flat,"
              "false_plateau,anticipated\n"
            : "| detector | every | CV | f | limit | median lead, weeks | mean | before CT | false, flat "
              "| false, plateau | before the true nadir |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (const double every : options.every)
        for (const double cv : options.cv) {
            Setting setting;
            setting.every_d = every;
            setting.cv = cv;
            for (const std::string& name : options.detectors) {
                const MakeDetector make = maker(name, setting, options.threads);
                const auto to_solve = nulls(make, setting, kSolve, options);
                const auto to_show = nulls(make, setting, kShow, options);
                const std::vector<Passed> shallow =
                    run(make, setting, Kind::regrow, 0.25, kShow, options.patients, options.threads);
                const std::vector<Passed> deep =
                    run(make, setting, Kind::regrow, 0.01, kShow, options.patients, options.threads);
                for (const double rate : options.rates) {
                    const double threshold = solve(to_solve, rate);
                    for (const double f : {0.25, 0.01}) {
                        const Leads l = leads(f == 0.25 ? shallow : deep, threshold);
                        const double flat = false_rate(to_show[0], threshold),
                                     plateau = false_rate(to_show[f == 0.25 ? 1 : 2], threshold);
                        fmt::print(
                            fmt::runtime(csv ? "{},{},{},{},{},{:.2f},{:.2f},{:.4f},{:.4f},{:.4f},{:.4f}\n"
                                             : "| {} | {} d | {} | {} | {} | {:.1f} | {:.1f} | {:.2f} | "
                                               "{:.2f} | {:.2f} "
                                               "| {:.2f} |\n"),
                            name, every, cv, f, rate, l.median_w, l.mean_w, l.before, flat, plateau,
                            l.anticipated);
                    }
                    std::fflush(stdout);
                }
            }
        }
}

}  // namespace lead_time

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "study.hpp"

namespace lead_time {
namespace {

/// A probability that the volume rises, and whether it did.
struct Told {
    double p;
    bool rises;
};

struct Cohort {
    Kind kind;
    double f;
    double share;  ///< of the patients
};
/// A third each, as the growth model was trained and as the particles believe.
constexpr Cohort kMixed[] = {{Kind::regrow, 0.25, 1.0 / 6.0},
                             {Kind::regrow, 0.01, 1.0 / 6.0},
                             {Kind::plateau, 0.25, 1.0 / 6.0},
                             {Kind::plateau, 0.01, 1.0 / 6.0},
                             {Kind::flat, 0.25, 1.0 / 3.0}};

std::vector<Course> patients(const Setting& setting, std::size_t count) {
    std::vector<Course> out;
    for (const Cohort& c : kMixed) {
        const auto some = static_cast<std::size_t>(std::lround(c.share * static_cast<double>(count)));
        for (std::size_t i = 0; i < some; ++i)
            out.push_back(draw(setting, c.kind, c.f, kShow, i));
    }
    return out;
}

/// At each draw but the first. No probability is nearer to 0 or 1 than a thousand particles can say.
std::vector<Told> told_by(const Detector& detector, const std::vector<Course>& courses) {
    std::vector<Told> out;
    Scores scores;
    for (const Course& c : courses) {
        scores.clear();
        detector(c, scores);
        const auto nadir = c.tumour.nadir();
        for (const Score& s : scores)
            out.push_back(
                {std::clamp(1.0 / (1.0 + std::exp(-s.value)), 5e-4, 1.0 - 5e-4), nadir && s.day > *nadir});
    }
    return out;
}

/// Share of pairs of a rising and another visit in which the rising one has the higher probability.
double auc(std::vector<Told> told) {
    std::sort(told.begin(), told.end(), [](const Told& a, const Told& b) { return a.p < b.p; });
    double ranks = 0.0, rising = 0.0;
    for (std::size_t i = 0; i < told.size();) {
        std::size_t end = i;
        while (end < told.size() && told[end].p == told[i].p)
            ++end;
        const double rank = 0.5 * static_cast<double>(i + 1 + end);
        for (; i < end; ++i)
            if (told[i].rises) ranks += rank, rising += 1.0;
    }
    const double others = static_cast<double>(told.size()) - rising;
    return (ranks - rising * (rising + 1.0) / 2.0) / (rising * others);
}

/// Mean over ten groups of equal size, by probability, of how far the mean probability is from the share.
double off_by_group(std::vector<Told> told) {
    std::sort(told.begin(), told.end(), [](const Told& a, const Told& b) { return a.p < b.p; });
    double sum = 0.0;
    for (std::size_t g = 0; g < 10; ++g) {
        const std::size_t begin = told.size() * g / 10, end = told.size() * (g + 1) / 10;
        double p = 0.0, rises = 0.0;
        for (std::size_t i = begin; i < end; ++i) {
            p += told[i].p;
            rises += told[i].rises ? 1.0 : 0.0;
        }
        sum += std::abs(p - rises) / static_cast<double>(end - begin) / 10.0;
    }
    return sum;
}

void row(const Options& options, const std::string& name, const std::vector<Told>& told,
         const std::vector<Told>& particles) {
    double log_score = 0.0, brier = 0.0, apart = 0.0;
    for (std::size_t i = 0; i < told.size(); ++i) {
        const double p = told[i].p, truth = told[i].rises ? 1.0 : 0.0;
        log_score += std::log(told[i].rises ? p : 1.0 - p);
        brier += (p - truth) * (p - truth);
        apart += std::abs(p - particles[i].p);
    }
    const double n = static_cast<double>(told.size());
    fmt::print(
        fmt::runtime(options.format == "csv" ? "{},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f}\n"
                                             : "| `{}` | {:.3f} | {:.3f} | {:.3f} | {:.3f} | {:.3f} |\n"),
        name, log_score / n, brier / n, auc(told), off_by_group(told), apart / n);
    std::fflush(stdout);
}

/// Root mean square difference of two answers to the same visits.
double distance(const std::vector<Told>& a, const std::vector<Told>& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += (a[i].p - b[i].p) * (a[i].p - b[i].p);
    return std::sqrt(sum / static_cast<double>(a.size()));
}

}  // namespace

int second_opinion(const Options& options) {
    Setting setting;
    setting.every_d = options.every.front();
    setting.cv = options.cv.front();
    const auto courses = patients(setting, options.patients);
    const auto by_particles = told_by(particles(setting), courses);
    fmt::print("{}", options.format == "csv"
                         ? "filter,log_score,brier,auc,off_by_group,from_particles\n"
                         : "| filter | log score | Brier | AUC | off, by tenths | from the particles |\n"
                           "|---|---|---|---|---|---|\n");
    row(options, "particles", by_particles, by_particles);
    for (const char* name : {"structural", "growth", "growth_ct"}) {
        std::vector<Told> told;
        if (std::string_view(name) == "growth_ct") {
            // Scans are visits, too: what is said at the draws is compared.
            Detector with_ct = maker(name, setting, options.threads)();
            told = told_by(
                [&](const Course& c, Scores& out) {
                    Scores all;
                    with_ct(c, all);
                    for (const Score& s : all)
                        if (std::binary_search(c.draw_days.begin(), c.draw_days.end(), s.day))
                            out.push_back(s);
                },
                courses);
        } else {
            told = told_by(maker(name, setting, options.threads)(), courses);
        }
        row(options, name, told, by_particles);
    }
    // Sixty fractions and forty rates of each kind against a thousand particles: the particles' own error is
    // sqrt(p (1 - p) / 1000) at least, 0.016 in the middle, less on average.
    std::vector<Course> few;
    for (std::size_t i = 0; i < courses.size(); i += std::max<std::size_t>(1, courses.size() / 24))
        few.push_back(courses[i]);
    const double off = distance(told_by(particles(setting), few), told_by(structural(setting, 60, 40), few));
    constexpr double kMost = 0.02;
    fmt::print("{}particles against a fine grid, {} patients: {:.4f} apart (root mean square; at most {})\n",
               options.format == "csv" ? "# " : "\n", few.size(), off, kMost);
    return off <= kMost ? 0 : 1;
}

}  // namespace lead_time

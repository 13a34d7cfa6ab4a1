#include "laboratory.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace bellwether::trial {
namespace {

/// How a site's laboratory writes: units and the upper limit of its LDH method (U/L). Illustrative.
struct House {
    std::string_view name, prefix, count_unit, enzyme_unit;
    double count_factor, enzyme_factor;
    int count_digits, enzyme_digits;
    double ldh_limit;
};
constexpr std::array<House, 3> houses{{
    {"north", "NO", "10^3/uL", "U/L", 1.0, 1.0, 2, 0, 240.0},
    {"south", "SO", "/uL", "ukat/L", 1000.0, 1.0 / 60.0, 0, 2, 252.0},  // 4.2 ukat/L
    {"east", "EA", "10^9/L", "U/L", 1.0, 1.0, 1, 0, 225.0},
}};

/// The two ctDNA laboratories: limit in %, factor of their calibration, unit. Illustrative (D11 to D13 for
/// the limits).
struct CtdnaAssay {
    std::string_view laboratory, assay, prefix, unit;
    double limit, calibration, factor;
    int digits;
};
constexpr std::array<CtdnaAssay, 2> ctdna_assays{{
    {"ctdna-a", "panel-a", "CA", "%", 0.05, 1.0, 1.0, 3},
    {"ctdna-b", "panel-b", "CB", "ppm", 0.03, 1.25, 1e4, 0},
}};

// Coefficients of variation of one reading, within a patient. ctDNA: D14; the rest illustrative.
constexpr double ctdna_cv = 0.25, flow_cv = 0.20, neutrophil_cv = 0.15, lymphocyte_cv = 0.12, ldh_cv = 0.08,
                 liver_cv = 0.15;
constexpr double tissue_sd = 0.30;    // log2
constexpr double liver_limit = 40.0;  // U/L

const House& house(std::string_view name) {
    for (const auto& h : houses)
        if (h.name == name) return h;
    return houses.front();
}

const CtdnaAssay& assay_on(const VirtualPatient& p, int day) {
    const bool moved = p.ctdna_moves_on >= 0 && day >= p.ctdna_moves_on;
    return ctdna_assays[static_cast<std::size_t>(moved ? 1 - p.ctdna_laboratory : p.ctdna_laboratory)];
}

[[nodiscard]] double noisy(double value, double cv, Stream& noise) {
    return noise.lognormal(value, log_sd(cv));
}

/// Multiples of the upper limit under hepatitis of grade 1 to 4 (D31).
double liver_injury(const Course& c, int day) {
    constexpr std::array<double, 5> multiple{0.0, 2.0, 4.0, 9.0, 24.0};
    double worst = 0.0;
    for (const auto& t : c.toxicities)
        if (t.term == "hepatitis" && day >= t.start && day <= t.end)
            worst = std::max(worst, multiple[static_cast<std::size_t>(t.grade)]);
    return worst * liver_limit;
}

const State& state_on(const Course& c, int day) {
    return c.daily[std::min(static_cast<std::size_t>(std::max(0, day)), c.daily.size() - 1)];
}

}  // namespace

Route blood_route(const VirtualPatient& p) {
    const House& h = house(p.laboratory);
    return {h.name, "routine", "blood", h.prefix, 1, 3};
}

Route flow_route() {
    return {"immune-core", "flow-2", "blood", "IC", 2, 8};
}

Route ctdna_route(const VirtualPatient& p, int day) {
    const CtdnaAssay& a = assay_on(p, day);
    return {a.laboratory, a.assay, "plasma", a.prefix, 4, 10};
}

Route tissue_route() {
    return {"pathology-core", "rna-1", "tumour biopsy", "PA", 5, 10};
}

Route imaging_route() {
    return {"imaging-core", "ct-recist-1.1", "ct", "IM", 1, 6};
}

std::vector<Finding> blood_findings(const VirtualPatient& p, const Course& c, int day, Stream& noise) {
    const State& x = state_on(c, day);
    const double limit = house(p.laboratory).ldh_limit;
    const double neutrophils =
        noisy(4.0 * p.neutrophil_level * (0.85 + 0.10 * x[mdsc]), neutrophil_cv, noise);
    const double lymphocytes =
        noisy(1.5 * p.lymphocyte_level * (0.85 + 0.15 * std::min(2.0, x[effector])), lymphocyte_cv, noise);
    const double others = noisy(0.7, 0.2, noise);
    const double ldh = noisy(0.75 * limit * p.ldh_level * (1.0 + volume(x) / 300.0), ldh_cv, noise);
    const double injury = liver_injury(c, day);
    const double alt = noisy(std::max(22.0 * p.alt_level, injury), liver_cv, noise);
    const double ast = noisy(std::max(24.0 * p.ast_level, 0.8 * injury), liver_cv, noise);
    return {{"leukocytes", neutrophils + lymphocytes + others},
            {"neutrophils", neutrophils},
            {"lymphocytes", lymphocytes},
            {"ldh", ldh},
            {"ldh_uln", limit},
            {"alt", alt},
            {"ast", ast}};
}

std::vector<Finding> flow_findings(const VirtualPatient& p, const State& x, Stream& noise) {
    // In blood MDSC rise under a working antibody too, whatever they do in the tumour (D40).
    const double inflamed = 1.0 + x[blockade] * x[effector] / (x[effector] + 0.5);
    const double mdsc_share = 4.6 * p.mdsc_level * x[mdsc] * inflamed;
    return {{"mdsc", std::min(90.0, noisy(mdsc_share, flow_cv, noise))},
            {"treg", std::min(60.0, noisy(4.0 * p.treg_level * x[treg], flow_cv / 2.0, noise))}};
}

std::vector<Finding> ctdna_findings(const VirtualPatient& p, const State& x, int day, Stream& noise) {
    const double share = noisy(p.shedding * volume(x) * assay_on(p, day).calibration, ctdna_cv, noise);
    return {{"ctdna", share / (1.0 + share / 90.0)}};  // a fraction of the reads cannot pass 90%
}

std::vector<Finding> tissue_findings(const VirtualPatient& p, const State& x, Stream& noise) {
    const double markers = std::log2(0.30 + 0.35 * x[effector] + 0.35 * x[terminal]);
    const double activity = std::log2(0.15 + x[effector] * (1.0 - 0.5 * x[fixed]));
    return {{"exhaustion", 3.0 + p.exhaustion_offset + markers + tissue_sd * noise.normal()},
            {"tcell_activity", 3.0 + p.activity_offset + activity + tissue_sd * noise.normal()}};
}

Printed print(std::string_view channel, double value, const Route& route) {
    if (channel == "ctdna") {
        const CtdnaAssay& a = ctdna_assays[route.laboratory == ctdna_assays[0].laboratory ? 0 : 1];
        if (value < a.limit) return {fmt::format("<{}", a.limit * a.factor), std::string(a.unit)};
        return {fmt::format("{:.{}f}", value * a.factor, a.digits), std::string(a.unit)};
    }
    if (channel == "mdsc" || channel == "treg") return {fmt::format("{:.1f}", value), "%"};
    if (channel == "exhaustion" || channel == "tcell_activity") return {fmt::format("{:.2f}", value), "1"};
    if (channel == "sld") return {fmt::format("{:.1f}", value), "mm"};
    const House& h = house(route.laboratory);
    const bool count = channel == "leukocytes" || channel == "neutrophils" || channel == "lymphocytes";
    return {fmt::format("{:.{}f}", value * (count ? h.count_factor : h.enzyme_factor),
                        count ? h.count_digits : h.enzyme_digits),
            std::string(count ? h.count_unit : h.enzyme_unit)};
}

}  // namespace bellwether::trial

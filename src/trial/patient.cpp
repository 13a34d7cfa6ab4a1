#include "bellwether/trial/patient.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/trial/random.hpp"

namespace bellwether::trial {
namespace {

constexpr std::array<std::string_view, 3> laboratories{"north", "south", "east"};

// Mix of the designs, so that about 25% respond deeply and 35% progress from the start.
constexpr std::array<double, 6> mix_of_designs{0.31, 0.17, 0.17, 0.12, 0.09, 0.14};

Design draw_design(const TrialOptions& options, Stream& random) {
    const double which = random.uniform();
    if (options.scenario == Scenario::stable) return which < 0.5 ? Design::flat : Design::plateau;
    double below = 0.0;
    for (std::size_t i = 0; i < mix_of_designs.size(); ++i) {
        below += mix_of_designs[i];
        if (which < below) return static_cast<Design>(i);
    }
    return Design::indolent;
}

void draw_biology(VirtualPatient& p, Stream& random) {
    Biology& b = p.biology;
    const double doubling = random.lognormal(90.0, 0.40);         // days, untreated, at the start
    const double responder_kill = random.lognormal(0.105, 0.30);  // about 25 d half-life at best
    const double weak_kill = random.lognormal(0.010, 0.60);
    const double weak_gain = random.lognormal(1.0, 0.50);
    const double pace = random.lognormal(1.0, 0.45);
    p.resistant_share = std::min(0.3, random.lognormal(1e-4, 1.5));
    b.resistant_kill = random.uniform(0.02, 0.25);
    b.max_kill = responder_kill;
    switch (p.design) {
        case Design::primary:
            b.max_kill = weak_kill;
            b.blockade_gain = weak_gain;  // a drug that does little: few new effectors either
            break;
        case Design::exhaustion:
            b.fixation = 0.022 * pace;
            break;
        case Design::suppression:
            b.recruitment = 0.022 * pace;
            break;
        case Design::clonal:
            p.resistant_share = std::min(0.6, random.lognormal(0.06, 0.9));
            break;
        case Design::durable:
            p.resistant_share = 0.0;
            break;
        case Design::indolent:
            b.max_kill = responder_kill * random.uniform(0.2, 0.45);
            break;
        case Design::flat:
            b.max_kill = 0.0;
            p.resistant_share = 0.0;
            break;
        case Design::plateau:
            b.max_kill = 0.5 * responder_kill;
            p.resistant_share = std::exp(random.uniform(std::log(0.004), std::log(0.5)));
            break;
    }
    const State start = untreated(b, p.start_volume, 0.0);
    const double before = kill_rate(b, start);
    b.growth = (std::numbers::ln2 / doubling + before) / (1.0 - p.start_volume / b.capacity);
    if (p.design == Design::flat || p.design == Design::plateau) {
        b.growth = 0.0;  // what is left neither grows nor is reached
        b.resistant_kill = 0.0;
    } else {
        // The edited clone escapes the kill that the sensitive one grows against: same net growth untreated.
        b.resistant_growth = (std::numbers::ln2 / doubling + b.resistant_kill * before) /
                             (std::numbers::ln2 / doubling + before);
    }
}

void draw_lesions(VirtualPatient& p, Stream& random) {
    constexpr std::array<double, 5> how_many{0.2, 0.3, 0.25, 0.15, 0.1};
    constexpr std::array<std::string_view, 5> organs{"lung", "liver", "lymph node", "adrenal gland",
                                                     "soft tissue"};
    const std::size_t n = 1 + random.pick(how_many);
    double total = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
        TargetLesion lesion;
        lesion.id = fmt::format("T{:02}", i + 1);
        lesion.organ = organs[random.pick(std::array{0.4, 0.2, 0.2, 0.1, 0.1})];
        lesion.nodal = lesion.organ == "lymph node";
        lesion.share = random.lognormal(1.0, 0.6);
        lesion.exponent = std::max(0.5, 1.0 + 0.15 * random.normal());
        total += lesion.share;
        p.lesions.push_back(lesion);
    }
    const double measured = random.uniform(0.6, 1.0);  // the rest of the volume is in non-target lesions
    for (auto& lesion : p.lesions)
        lesion.share *= measured / total;
}

void draw_readings(VirtualPatient& p, Stream& random) {
    p.shedding = random.lognormal(0.05, 1.0);
    p.mdsc_level = random.lognormal(1.0, 0.45);
    p.treg_level = random.lognormal(1.0, 0.25);
    p.neutrophil_level = random.lognormal(1.0, 0.25);
    p.lymphocyte_level = random.lognormal(1.0, 0.30);
    p.ldh_level = random.lognormal(1.0, 0.15);
    p.alt_level = random.lognormal(1.0, 0.35);
    p.ast_level = random.lognormal(1.0, 0.30);
    p.exhaustion_offset = 0.5 * random.normal();
    p.activity_offset = 0.6 * p.exhaustion_offset + 0.3 * random.normal();
    p.ctdna_laboratory = random.chance(0.6) ? 0 : 1;
    const bool moves = random.chance(0.03);
    const int when = random.integer(120, 420);
    p.ctdna_moves_on = moves ? when : -1;
}

}  // namespace

std::string_view to_string(Design d) {
    constexpr std::array<std::string_view, 8> names{"primary", "exhaustion", "suppression", "clonal",
                                                    "durable", "indolent",   "flat",        "plateau"};
    return names[static_cast<std::size_t>(d)];
}

std::string_view to_string(Scenario s) {
    return s == Scenario::mixed ? "mixed" : "stable";
}

std::optional<Scenario> parse_scenario(std::string_view text) {
    if (text == "mixed") return Scenario::mixed;
    if (text == "stable") return Scenario::stable;
    return std::nullopt;
}

void check(const TrialOptions& o) {
    const auto refuse = [](const std::string& what) { throw Error("V001", what); };
    if (o.patients < 1 || o.patients > 99999) refuse(fmt::format("patients is {}: 1 to 99999", o.patients));
    if (o.weeks < 1 || o.weeks > 520) refuse(fmt::format("weeks is {}: 1 to 520", o.weeks));
    if (o.accrual_weeks < 1 || o.accrual_weeks > 260)
        refuse(fmt::format("accrual weeks is {}: 1 to 260", o.accrual_weeks));
    if (o.sites < 1 || o.sites > 99) refuse(fmt::format("sites is {}: 1 to 99", o.sites));
    if (!(o.dropout_per_year >= 0.0 && o.dropout_per_year <= 10.0))
        refuse(fmt::format("dropout per year is {}: 0 to 10", o.dropout_per_year));
}

VirtualPatient draw_patient(const TrialOptions& options, int index) {
    Stream random(options.seed, static_cast<std::uint64_t>(index), Stream::Use::patient);
    VirtualPatient p;
    p.index = index;
    p.id = fmt::format("VT-{:05}", index);
    const int site = random.integer(1, options.sites);
    p.site = fmt::format("S{:02}", site);
    p.laboratory = laboratories[static_cast<std::size_t>(site - 1) % laboratories.size()];
    const bool combination = random.chance(0.5);
    p.arm = combination ? "combination" : "mono";
    p.regimen = combination ? "anti_pd1_anti_ctla4" : "anti_pd1";
    p.female = random.chance(0.45);
    p.birth_year = options.start.year() - std::clamp(static_cast<int>(64.0 + 9.0 * random.normal()), 25, 88);
    p.ecog = random.chance(0.4) ? 0 : 1;
    p.day_zero = options.start + 21 + random.integer(0, 7 * options.accrual_weeks - 1);
    p.design = draw_design(options, random);
    p.start_volume = std::clamp(random.lognormal(30.0, 0.9), 3.0, 600.0);
    draw_biology(p, random);
    if (combination) p.biology.blockade_gain *= 1.25;
    draw_lesions(p, random);
    draw_readings(p, random);
    const bool answers = options.scenario == Scenario::mixed && p.design != Design::primary;
    p.swelling = answers && random.chance(0.09) ? random.uniform(0.6, 1.4) : 0.0;  // 6% of all: D24
    return p;
}

}  // namespace bellwether::trial

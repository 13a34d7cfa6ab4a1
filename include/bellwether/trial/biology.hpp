#pragma once

#include <array>

namespace bellwether::trial {

/// One patient's tumour and immune system as ordinary differential equations. Volumes in mL, time in days,
/// cells relative to a healthy or saturated level. docs/virtual-trial.md has the equations and where each
/// number comes from.
///
/// Growth with a capacity, antigen-driven recruitment with saturation (Kuznetsov et al. 1994, Bull. Math.
/// Biol. 56:295, doi:10.1007/BF02460644); a kill that saturates in the effectors (after de Pillis et al.
/// 2005, Cancer Res. 65:7950); myeloid suppressors recruited by the tumour that damp the kill (after
/// Shariatpanahi et al. 2018, J. Theor. Biol. 442:1, doi:10.1016/j.jtbi.2018.01.006); progenitor and
/// terminally exhausted T cells (reviewed by Dolina et al. 2021, Front. Immunol. 12:715234). The combination
/// and the numbers are ours: illustrative.
struct Biology {
    double growth = 0.0077;         ///< 1/day, of both clones, before the capacity
    double capacity = 3000.0;       ///< mL
    double max_kill = 0.1;          ///< 1/day, of the sensitive clone by unlimited effectors
    double resistant_kill = 0.1;    ///< share of the kill that reaches the resistant clone
    double resistant_growth = 1.0;  ///< growth of the resistant clone relative to the sensitive
    double blockade_gain = 4.0;     ///< activation of progenitors under full blockade: 1 + gain
    double fixation = 0.0;          ///< 1/day, pace at which exhaustion becomes fixed under antigen
    double recruitment = 0.0;       ///< 1/day, pace of the tumour's turn to recruiting myeloid cells
    double recruited = 8.0;         ///< MDSC added when that turn is complete
    double mdsc_by_tumour = 1.2;    ///< MDSC added by a large tumour
};

/// Positions in the state.
enum Compartment : unsigned {
    sensitive,   ///< mL
    resistant,   ///< mL, immune-edited clone
    progenitor,  ///< stem-like PD-1+ T cells, 0..1
    effector,    ///< active effector T cells
    terminal,    ///< terminally exhausted T cells
    fixed,       ///< share of the T-cell programme that is irreversibly exhausted, 0..1
    mdsc,        ///< 1 in health
    turned,      ///< share of the tumour that recruits myeloid cells, 0..1
    treg,        ///< 1 in health
    blockade,    ///< occupancy of the checkpoint by the antibody, 0..1
    compartments
};
using State = std::array<double, compartments>;

/// What treatment does during a step.
struct Controls {
    double blockade = 0.0;   ///< occupancy that dosing aims at, 0..1
    double drug_kill = 0.0;  ///< 1/day, of both clones, by a second-line drug
};

[[nodiscard]] inline double volume(const State& x) {
    return x[sensitive] + x[resistant];
}

/// Antigen as the T cells see it, 0..1: V / (V + 0.4 mL).
[[nodiscard]] double antigen(double volume_ml);
/// Effectors that still act: divided by the suppression of MDSC and Treg.
[[nodiscard]] double acting_effectors(const State& x);
/// By how much MDSC and Treg divide the effect of the effectors, >= 1.
[[nodiscard]] double suppression(const State& x);
/// 1/day, of the sensitive clone.
[[nodiscard]] double kill_rate(const Biology& b, const State& x);
/// Relative growth of the whole tumour, 1/day: d ln V / dt.
[[nodiscard]] double net_growth(const Biology& b, const Controls& c, const State& x);

/// The immune compartments in equilibrium with an untreated tumour that does not change.
[[nodiscard]] State untreated(const Biology& b, double sensitive_ml, double resistant_ml);

/// dx/dt. Pure.
void derivatives(const Biology& b, const Controls& c, const State& x, State& dxdt);

/// Integrates over `days` with constant controls, by Dormand and Prince's fifth-order step of fixed length
/// (Boost.Odeint); no rate of the system exceeds 0.5/day, so that a step of a day leaves an error below 1e-4
/// of each compartment over a year.
/// @param step  days; the last step is shortened
/// @tested tests/trial/biology_test.cpp: closed forms, step halving
void advance(const Biology& b, const Controls& c, State& x, double days, double step = 1.0);

}  // namespace bellwether::trial

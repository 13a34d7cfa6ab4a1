#include "bellwether/trial/biology.hpp"

#include <algorithm>
#include <cmath>

#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

namespace bellwether::trial {
namespace {

// Numbers shared by all patients; docs/virtual-trial.md. Rates in 1/day.
constexpr double antigen_half = 0.4;   // mL
constexpr double myeloid_half = 40.0;  // mL
constexpr double activation = 0.010;   // progenitors, without blockade
constexpr double renewal = 0.030;      // progenitors
constexpr double spent_share = 0.25;   // share of activations that costs a progenitor
constexpr double expansion = 5.6;      // effectors per activated progenitor
constexpr double effector_loss = 0.10;
constexpr double exhaustion = 0.05;       // effector -> terminal, at full antigen
constexpr double exhaustion_fixed = 4.0;  // ... times 1 + this when fixed
constexpr double output_lost = 0.85;      // of the progenitors' output when fixed
constexpr double terminal_loss = 0.02;
constexpr double fixation_seed = 0.01;
constexpr double turn_seed = 0.01;
constexpr double mdsc_turnover = 0.07;
constexpr double mdsc_by_effectors = 0.5;
constexpr double treg_turnover = 0.05;
constexpr double treg_by_antigen = 0.5;
constexpr double treg_by_blockade = 0.1;
constexpr double mdsc_damps = 0.45;
constexpr double treg_damps = 0.15;
constexpr double occupancy_rise = 1.0 / 7.0;
constexpr double occupancy_fall = 1.0 / 40.0;

double activation_rate(const Biology& b, const State& x) {
    return activation * (1.0 + b.blockade_gain * x[blockade]);
}

double output(const State& x) {
    return expansion * (1.0 - output_lost * x[fixed]);
}

double exhaustion_rate(const State& x) {
    return exhaustion * (1.0 + exhaustion_fixed * x[fixed]);
}

double mdsc_target(const Biology& b, const State& x) {
    const double v = volume(x);
    return 1.0 + b.mdsc_by_tumour * v / (v + myeloid_half) + mdsc_by_effectors * x[effector] +
           b.recruited * x[turned];
}

double treg_target(const State& x) {
    return 1.0 + treg_by_antigen * antigen(volume(x)) + treg_by_blockade * x[blockade];
}

}  // namespace

double antigen(double volume_ml) {
    return volume_ml / (volume_ml + antigen_half);
}

double suppression(const State& x) {
    return 1.0 + mdsc_damps * std::max(0.0, x[mdsc] - 1.0) + treg_damps * std::max(0.0, x[treg] - 1.0);
}

double acting_effectors(const State& x) {
    return x[effector] / suppression(x);
}

double kill_rate(const Biology& b, const State& x) {
    const double acting = acting_effectors(x);
    return b.max_kill * acting / (1.0 + acting);
}

double net_growth(const Biology& b, const Controls& c, const State& x) {
    State slope{};
    derivatives(b, c, x, slope);
    return (slope[sensitive] + slope[resistant]) / volume(x);
}

State untreated(const Biology& b, double sensitive_ml, double resistant_ml) {
    State x{};
    x[sensitive] = sensitive_ml;
    x[resistant] = resistant_ml;
    const double a = antigen(volume(x));
    x[progenitor] = 1.0 - spent_share * activation * a / renewal;
    x[effector] = output(x) * activation * a * x[progenitor] / (exhaustion * a + effector_loss);
    x[terminal] = exhaustion * a * x[effector] / terminal_loss;
    x[mdsc] = mdsc_target(b, x);
    x[treg] = treg_target(x);
    return x;
}

void derivatives(const Biology& b, const Controls& c, const State& x, State& dxdt) {
    const double v = volume(x);
    const double a = antigen(v);
    const double room = 1.0 - v / b.capacity;
    const double kill = kill_rate(b, x);
    const double activated = activation_rate(b, x) * a * x[progenitor];
    const double exhausted = exhaustion_rate(x) * a * x[effector];
    dxdt[sensitive] = (b.growth * room - kill - c.drug_kill) * x[sensitive];
    dxdt[resistant] =
        (b.resistant_growth * b.growth * room - b.resistant_kill * kill - c.drug_kill) * x[resistant];
    dxdt[progenitor] = renewal * x[progenitor] * (1.0 - x[progenitor]) - spent_share * activated;
    dxdt[effector] = output(x) * activated - exhausted - effector_loss * x[effector];
    dxdt[terminal] = exhausted - terminal_loss * x[terminal];
    dxdt[fixed] = b.fixation * a * (x[fixed] + fixation_seed) * (1.0 - x[fixed]);
    dxdt[mdsc] = mdsc_turnover * (mdsc_target(b, x) - x[mdsc]);
    dxdt[turned] = b.recruitment * a * (x[turned] + turn_seed) * (1.0 - x[turned]);
    dxdt[treg] = treg_turnover * (treg_target(x) - x[treg]);
    const double pace = c.blockade > x[blockade] ? occupancy_rise : occupancy_fall;
    dxdt[blockade] = pace * (c.blockade - x[blockade]);
}

void advance(const Biology& b, const Controls& c, State& x, double days, double step) {
    boost::numeric::odeint::runge_kutta_dopri5<State> stepper;
    const auto system = [&](const State& at, State& slope, double) { derivatives(b, c, at, slope); };
    const auto steps = static_cast<int>(std::ceil(days / step - 1e-9));
    for (int i = 0; i < steps; ++i) {
        const double from = step * i;
        stepper.do_step(system, x, from, std::min(step, days - from));
    }
}

}  // namespace bellwether::trial

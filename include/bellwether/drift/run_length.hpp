#pragma once

/// Average run lengths of control charts for independent normal readings whose mean and standard deviation
/// are known: the number of readings, in the mean, up to and with the first signal. What a chart's limits
/// cost in false signals and buy in delay, without simulating.
///
/// All by the integral equation of the chart (Page 1954, Biometrika 41:100; Crowder 1987, Technometrics
/// 29:401), solved by Nystroem's method on Gauss-Legendre nodes. A chart that estimates its baseline as it
/// goes (chart.hpp) has these run lengths in the limit of a long baseline; with a known one from its first
/// reading.
///
/// @cost   O(n^3) in the nodes: n is 40 and ten for each standard deviation that the chart spans;
/// milliseconds.
/// @throws Error D010 an argument out of its range, D011 an average run length above 1e9, which the equation
///         does not give to six digits in double precision.
/// @tested tests/drift/run_length_test.cpp: R's spc 0.6.7, closed forms, simulation.
namespace bellwether::drift {

/// One-sided CUSUM S_n = max(0, S_{n-1} + X_n - k) from S_0 = head_start, X ~ N(shift, 1); signal: S_n > h.
/// The chart has an atom at 0, which stands in the equation as an unknown of its own.
/// @param k  0 to 10; h in (0, 100]; head_start in [0, h]; all in standard deviations; shift any, to +-20
[[nodiscard]] double cusum_arl(double k, double h, double shift, double head_start = 0.0);

/// Two such charts, one for a rise and one for a fall, from 0: 1/L = 1/L_rise + 1/L_fall. Exact, since with
/// equal k and h one chart is at 0 whenever the other signals (van Dobben de Bruyn 1968, Cumulative Sum
/// Tests, ch. 3; Lucas & Crosier 1982, Technometrics 24:199).
[[nodiscard]] double cusum_arl_two_sided(double k, double h, double shift);

/// Two-sided EWMA Z_n = (1 - lambda) Z_{n-1} + lambda X_n from Z_0 = 0; signal: |Z_n| > c sd(Z), with the
/// standard deviation that Z has in the limit, sqrt(lambda / (2 - lambda)). lambda = 1 is Shewhart's chart.
/// @param lambda  0.01 to 1; c in (0, 10]
[[nodiscard]] double ewma_arl(double lambda, double c, double shift);

/// The limit h (to 1e-9) at which a one- or two-sided CUSUM has this average run length without a shift.
/// @param arl  above that of the least limit (h = 1e-6), at most 1e8
/// @throws Error D010 also: no limit gives so short a run length.
[[nodiscard]] double cusum_limit(double k, double arl, bool two_sided = false);
/// The limit c at which an EWMA has it.
[[nodiscard]] double ewma_limit(double lambda, double arl);

}  // namespace bellwether::drift

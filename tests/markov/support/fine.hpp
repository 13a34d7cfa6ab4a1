#pragma once

#include <algorithm>
#include <vector>

#include <boost/multiprecision/cpp_dec_float.hpp>

/// Matrices of 50 digits, written without any of our own code.
namespace bellwether::markov {

using Fine = boost::multiprecision::cpp_dec_float_50;
using FineMatrix = std::vector<std::vector<Fine>>;

inline FineMatrix product(const FineMatrix& a, const FineMatrix& b) {
    const std::size_t K = a.size();
    FineMatrix out(K, std::vector<Fine>(K, 0));
    for (std::size_t i = 0; i < K; ++i)
        for (std::size_t k = 0; k < K; ++k)
            for (std::size_t j = 0; j < K; ++j)
                out[i][j] += a[i][k] * b[k][j];
    return out;
}

/// exp(Q t) to some 45 digits: Taylor after halving.
inline FineMatrix fine_exponential(FineMatrix Q, const Fine& t) {
    const std::size_t K = Q.size();
    Fine largest = 0;
    for (auto& row : Q)
        for (Fine& q : row) {
            q *= t;
            largest = std::max(largest, Fine(abs(q)));
        }
    int halvings = 0;
    for (; largest > 0.1; largest /= 2)
        ++halvings;
    for (auto& row : Q)
        for (Fine& q : row)
            q = ldexp(q, -halvings);
    FineMatrix sum(K, std::vector<Fine>(K, 0)), term = sum;
    for (std::size_t i = 0; i < K; ++i)
        sum[i][i] = term[i][i] = 1;
    for (int n = 1; n < 40; ++n) {
        term = product(term, Q);
        for (std::size_t i = 0; i < K; ++i)
            for (std::size_t j = 0; j < K; ++j) {
                term[i][j] /= n;
                sum[i][j] += term[i][j];
            }
    }
    for (int i = 0; i < halvings; ++i)
        sum = product(sum, sum);
    return sum;
}

}  // namespace bellwether::markov

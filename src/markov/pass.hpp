#pragma once

#include <memory>

#include "evaluation.hpp"

/// Private: the recursions over rows, made for each number of states.
namespace bellwether::markov {

class Pass {
public:
    virtual ~Pass() = default;
    Pass() = default;
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

    /// To be called when the evaluation was set anew.
    virtual void renew() = 0;
    /// A patient's own level of a channel, from now on.
    virtual void set_level(std::size_t channel, double level) = 0;
    /// Log likelihood of a stretch; -infinity where it is impossible.
    virtual double forward(const Stretch& stretch) = 0;
    /// Leaves the stretch's derivatives, times a weight, right after its forward pass.
    virtual void backward(const Stretch& stretch, double weight, Gather& out) = 0;
    /// Log probability (or density) of one such pair.
    virtual double pair(const Pair& pair) = 0;
    /// Leaves a pair's derivatives, times a weight, right after pair().
    virtual void pair_backward(const Pair& pair, double weight, Gather& out) = 0;
};

/// @param evaluation  must outlive it
[[nodiscard]] std::unique_ptr<Pass> make_pass(const Evaluation& evaluation);

}  // namespace bellwether::markov

#pragma once

#include <functional>
#include <map>

#include "translate.hpp"

/// What is read of a hidden state: `ematrix`, `hmodel` and what acts on them.
namespace bellwether::msm {

class Outcomes {
public:
    using Covariate = std::function<std::size_t(const Column&)>;
    /// Adds channels, parameters and entries to `t`.
    Outcomes(const Call& call, Translated& t, Covariate covariate);
    void make();
    /// States of the call that always read the same (hmmIdent), and what; of the first outcome.
    [[nodiscard]] const std::map<std::size_t, double>& codes() const { return codes_; }
    /// A record's outcomes as readings. @param known  its state, where only that one is to be weighed
    static void read(const Call& call, const Translated& t, const Record& r, std::optional<std::size_t> known,
                     std::vector<markov::Reading>& readings);

private:
    struct Part {  ///< one state's distribution of one outcome
        std::string family;
        std::map<std::string, Value> with;
    };
    void collect();
    void make_channel(std::size_t outcome);
    void enter_categorical(std::size_t state, std::size_t outcome, markov::Channel::Group& group);
    void enter_law(std::size_t state, std::size_t outcome, markov::Channel::Group& group);
    void limit(const std::string& label);
    void make_effects();
    void make_known();
    std::size_t parameter(const std::string& what, const std::string& label, markov::Parameter::Scale scale,
                          double start, bool constant);
    void enter(const std::string& label, int parameter, double factor = 1.0, bool constant = false);

    const Call& call_;
    Translated& t_;
    Covariate covariate_;
    std::vector<std::vector<Part>> parts_;  ///< per state, per outcome
    std::map<std::size_t, double> codes_;
    std::map<std::string, std::vector<std::size_t>> by_label_;  ///< parameters made so far, for hconstraint
    std::vector<std::size_t> odds_;
};

}  // namespace bellwether::msm

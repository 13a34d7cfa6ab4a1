#include "bellwether/markov/spec.hpp"

#include <algorithm>
#include <cmath>

namespace bellwether::markov {

double Parameter::free_from(double natural) const {
    switch (scale) {
        case Scale::identity:
            return natural;
        case Scale::log:
            return std::log(natural);
        case Scale::logit:
            return std::log(natural) - std::log1p(-natural);
    }
    return natural;
}

double Parameter::natural_from(double free) const {
    switch (scale) {
        case Scale::identity:
            return free;
        case Scale::log:
            return std::exp(free);
        case Scale::logit:
            return 1.0 / (1.0 + std::exp(-free));
    }
    return free;
}

Values Spec::start_values() const {
    Values out(parameters.size());
    std::transform(parameters.begin(), parameters.end(), out.begin(),
                   [](const Parameter& p) { return p.start; });
    return out;
}

StateSet Spec::states_with(std::string_view label) const {
    StateSet set = 0;
    if (label.empty()) return set;
    const auto is_label = [&](const std::string& word) { return word == label; };
    for (std::size_t s = 0; s < states.size(); ++s) {
        const State& state = states[s];
        if (state.name == label || std::any_of(state.on_axis.begin(), state.on_axis.end(), is_label) ||
            std::any_of(state.labels.begin(), state.labels.end(), is_label))
            set |= only(s);
    }
    return set;
}

std::vector<std::string> Spec::labels() const {
    std::vector<std::string> words;
    const auto add = [&](const std::string& word) {
        if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end())
            words.push_back(word);
    };
    for (const Axis& axis : axes)
        std::for_each(axis.labels.begin(), axis.labels.end(), add);
    for (const State& state : states) {
        add(state.name);
        std::for_each(state.labels.begin(), state.labels.end(), add);
    }
    return words;
}

const std::string& TableColumns::column_of(const std::string& channel) const {
    const auto it =
        std::find_if(readings.begin(), readings.end(), [&](const auto& r) { return r.first == channel; });
    return it == readings.end() ? channel : it->second;
}

bool Spec::has_latent() const {
    return std::any_of(channels.begin(), channels.end(),
                       [](const Channel& c) { return c.latent.has_value(); });
}

double Spec::growth_rate(std::size_t state, const Values& values) const {
    if (growth.empty()) return 0.0;
    double sum = 0.0;
    for (const std::size_t p : growth[state].steps)
        sum += values[p];
    return growth[state].sign * sum;
}

std::vector<std::size_t> Spec::covariates_of(std::string_view word) const {
    std::vector<std::size_t> out;
    for (std::size_t c = 0; c < covariates.size(); ++c)
        if (covariates[c].name == word || covariates[c].entry == word) out.push_back(c);
    return out;
}

StateSet Spec::all_states() const {
    return states.size() >= 64 ? ~StateSet{0} : only(states.size()) - 1;
}

StateSet Spec::live_states() const {
    StateSet set = 0;
    for (std::size_t s = 0; s < states.size(); ++s)
        if (!states[s].absorbing) set |= only(s);
    return set;
}

namespace {
template <typename Item>
std::optional<std::size_t> index_of(const std::vector<Item>& items, std::string_view name) {
    const auto it =
        std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
    if (it == items.end()) return std::nullopt;
    return static_cast<std::size_t>(it - items.begin());
}
}  // namespace

std::optional<std::size_t> Spec::channel_index(std::string_view channel) const {
    return index_of(channels, channel);
}
std::optional<std::size_t> Spec::covariate_index(std::string_view covariate) const {
    return index_of(covariates, covariate);
}
std::optional<std::size_t> Spec::parameter_index(std::string_view parameter) const {
    return index_of(parameters, parameter);
}
std::optional<std::size_t> Spec::state_index(std::string_view state) const {
    return index_of(states, state);
}

}  // namespace bellwether::markov

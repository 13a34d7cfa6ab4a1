#include <algorithm>

#include <fmt/format.h>

#include "bellwether/app/summary.hpp"
#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

/// Sets what "name=value" says.
void set_covariate(const Spec& spec, const std::string& word, std::vector<double>& values) {
    const auto sign = word.find('=');
    const std::string name = word.substr(0, sign);
    const auto columns = spec.covariates_of(name);
    std::vector<std::string> known;
    for (const Covariate& c : spec.covariates) {
        const std::string& k = c.entry.empty() ? c.name : c.entry;
        if (c.from != Covariate::From::product && std::find(known.begin(), known.end(), k) == known.end())
            known.push_back(k);
    }
    if (std::find(known.begin(), known.end(), name) == known.end())
        throw Error("P029", fmt::format("no covariate is called '{}'; {}", name, suggestion(name, known)));
    if (sign == std::string::npos)
        throw Error("P029", fmt::format("'{}' has no value; write {}=VALUE", word, name));
    const std::string value = word.substr(sign + 1);
    const Covariate& first = spec.covariates[columns.front()];
    if (first.from == Covariate::From::column) {
        const auto x = parse_double(value);
        if (!x) throw Error("P029", fmt::format("'{}' is not a number", word));
        values[columns.front()] = *x;
        return;
    }
    std::vector<std::string> levels;
    if (first.from == Covariate::From::level) levels.push_back(first.levels.front());
    if (first.from == Covariate::From::period) levels.emplace_back("before");
    for (const std::size_t c : columns)
        levels.push_back(spec.covariates[c].name.substr(name.size() + 1));
    if (std::find(levels.begin(), levels.end(), value) == levels.end())
        throw Error("P029",
                    fmt::format("'{}' has no level '{}'; {}", name, value, suggestion(value, levels)));
    for (const std::size_t c : columns)
        values[c] = spec.covariates[c].name == word ? 1.0 : 0.0;
}

std::vector<double> at_centres(const Spec& spec) {
    std::vector<double> values;
    for (const Covariate& c : spec.covariates)
        values.push_back(c.centre);
    return values;
}

void set_products(const Spec& spec, std::vector<double>& values) {
    for (std::size_t c = 0; c < values.size(); ++c)
        if (spec.covariates[c].from == Covariate::From::product)
            values[c] = values[spec.covariates[c].product[0]] * values[spec.covariates[c].product[1]];
}

/// "90:dose=2,on=0".
struct Change {
    double from;
    std::vector<std::string> words;
};
Change change_of(const std::string& text) {
    const auto colon = text.find(':');
    const auto from = parse_double(text.substr(0, colon));
    if (colon == std::string::npos || !from || *from < 0.0)
        throw Error("P029", fmt::format("'{}' is no change of covariates; write TIME:NAME=VALUE", text));
    return {*from, split(text.substr(colon + 1), ',')};
}

}  // namespace

std::vector<double> covariates_at(const Spec& spec, const std::vector<std::string>& words) {
    std::vector<double> values = at_centres(spec);
    for (const auto& word : words)
        set_covariate(spec, word, values);
    if (!words.empty()) set_products(spec, values);
    return values;
}

std::vector<InForce> covariates_over(const Spec& spec, const std::vector<std::string>& words,
                                     const std::vector<std::string>& changes) {
    std::vector<Change> list = {{0.0, words}};
    for (const std::string& text : changes) {
        list.push_back(change_of(text));
        if (list.back().from < list[list.size() - 2].from)
            throw Error("P029", fmt::format("'{}' comes before the change at {}", text,
                                            shortest(list[list.size() - 2].from)));
    }
    const auto named = [&](const std::string& entry) {
        return std::any_of(words.begin(), words.end(),
                           [&](const std::string& w) { return w.substr(0, w.find('=')) == entry; });
    };
    std::vector<double> times = {0.0};
    std::vector<std::size_t> periods;
    for (std::size_t c = 0; c < spec.covariates.size(); ++c)
        if (spec.covariates[c].from == Covariate::From::period && !named(spec.covariates[c].entry)) {
            periods.push_back(c);
            if (spec.covariates[c].begins > 0.0) times.push_back(spec.covariates[c].begins);
        }
    for (const Change& c : list)
        times.push_back(c.from);
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    std::vector<InForce> out;
    for (const double time : times) {
        std::vector<double> values = at_centres(spec);
        bool any = !periods.empty();
        for (const Change& c : list)
            for (const std::string& word : c.words)
                if (c.from <= time) {
                    set_covariate(spec, word, values);
                    any = true;
                }
        for (const std::size_t c : periods)
            values[c] = spec.covariates[c].begins <= time && time < spec.covariates[c].ends ? 1.0 : 0.0;
        if (any) set_products(spec, values);
        out.push_back({time, std::move(values)});
    }
    return out;
}

}  // namespace bellwether::app

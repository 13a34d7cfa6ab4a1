#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "spec_reader.hpp"

namespace bellwether::markov {

// Probabilities become log odds against the largest of their row. An entry is a number, or a map with `p`.
SpecReader::Odds SpecReader::read_odds(const yaml::Node& row, const std::string& of, bool estimate,
                                       std::optional<double> prior_sd, const Provenance& from) {
    std::vector<double> p;
    double sum = 0.0;
    for (std::size_t i = 0; i < row.size(); ++i) {
        yaml::Node number = row[i];
        for (std::size_t k = 0; row[i].is_map() && k < row[i].size(); ++k)
            if (row[i].key(k) == "p") number = row[i][k];
        p.push_back(number.is_map() ? 0.0 : yaml::as_number(number, findings_, {0.0, 1.0}).value_or(0.0));
        sum += p.back();
    }
    if (std::abs(sum - 1.0) > 1e-9) {
        findings_.error("M029", row.at(), fmt::format("probabilities add up to {}", shortest(sum)),
                        "make them add up to 1");
        p.assign(row.size(), 1.0 / static_cast<double>(row.size()));
    }
    const auto base = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
    Odds out;
    for (std::size_t i = 0; i < row.size(); ++i) {
        Parameter q;
        q.name = fmt::format("{}{})", of, row.key(i));
        q.start = std::log(p[i] / p[base]);
        q.fixed = !estimate;
        if (prior_sd) q.prior = Prior{q.start, *prior_sd};
        q.held = prior_sd.has_value();
        q.source = from.source;
        q.illustrative = from.illustrative;
        q.at = row.key_at(i);
        std::vector<Effect> effects;
        bool tied = false;
        if (row[i].is_map()) {
            yaml::Map map(row[i], findings_);
            (void)map.required("p");
            const std::string tie = map.text_or("tie", "");
            tied = !tie.empty();
            if (tied) q.name = tie;
            q.fixed = map.truth_or("fixed", q.fixed);
            q.held = map.truth_or("held", q.held);
            read_prior(map, q);
            effects = read_effects(map.optional("effects"), of + row.key(i) + ")", from);
            map.done();
            if ((i == base || p[i] <= 0.0) && row[i].size() > 1)
                findings_.error("M029", row.key_at(i),
                                i == base
                                    ? fmt::format("'{}' is what the others are compared with", row.key(i))
                                    : fmt::format("'{}' has probability 0 and stays so", row.key(i)),
                                "give it a number alone, and the effects to the others");
        }
        out.parameter.push_back(i == base     ? Channel::Group::kBase
                                : p[i] <= 0.0 ? Channel::Group::kImpossible
                                              : static_cast<int>(add_parameter(std::move(q), tied)));
        out.effects.push_back(std::move(effects));
    }
    if (std::all_of(out.effects.begin(), out.effects.end(), [](const auto& e) { return e.empty(); }))
        out.effects.clear();
    return out;
}

}  // namespace bellwether::markov

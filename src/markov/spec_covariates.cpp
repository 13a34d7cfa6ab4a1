#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "spec_reader.hpp"

namespace bellwether::markov {

void SpecReader::read_covariates(const yaml::Node& node) {
    for (std::size_t i = 0; i < node.size(); ++i)
        read_covariate(node[i]);
}

void SpecReader::read_covariate(const yaml::Node& node) {
    yaml::Map map(node, findings_);
    Covariate c;
    c.name = map.text("name");
    if (!spec_.covariates_of(c.name).empty()) {
        findings_.error("M021", node.at(), fmt::format("covariate '{}' is declared twice", c.name),
                        "give each covariate a name of its own");
    }
    c.indicator = map.word_or("kind", {"numeric", "indicator"}, 0) == 1;
    c.varying = map.word_or("time", {"varying", "fixed"}, 0) == 0;
    if (const auto centre = map.optional("centre"); centre.is_scalar() && centre.scalar() == "mean")
        c.centre_on_mean = true;
    else if (!centre.is_null())
        c.centre = yaml::as_number(centre, findings_).value_or(0.0);
    c.column = map.text_or("column", "");
    const auto levels = map.texts_or_none("levels");
    const auto product = map.optional("product");
    const auto cuts = map.optional("cuts");
    map.done();
    const bool made[] = {!levels.empty(), !product.is_null(), !cuts.is_null(), !c.column.empty()};
    if (std::count(std::begin(made), std::end(made), true) > 1 + (made[0] && made[3] ? 1 : 0))
        findings_.error(
            "M035", node.at(), fmt::format("covariate '{}' is made in two ways", c.name),
            "write one of `levels:`, `product:` and `cuts:`; `column:` goes with levels or alone");
    else if (made[0])
        add_levels(c, levels, node.at());
    else if (made[1])
        add_products(c, product);
    else if (made[2])
        add_periods(c, cuts);
    else
        add_covariate(c, node.at());
}

void SpecReader::add_covariate(Covariate covariate, const Location& at) {
    if (spec_.covariate_index(covariate.name) && covariate.from != Covariate::From::column)
        findings_.error("M021", at, fmt::format("covariate '{}' is declared twice", covariate.name),
                        "give each level and each cut once");
    spec_.covariates.push_back(std::move(covariate));
}

void SpecReader::add_levels(const Covariate& like, const std::vector<std::string>& levels,
                            const Location& at) {
    if (levels.size() < 2)
        findings_.error("M035", at, fmt::format("factor '{}' has one level", like.name),
                        "list all levels; the first is the one that others are compared with");
    for (std::size_t i = 1; i < levels.size(); ++i) {
        Covariate c = like;
        c.from = Covariate::From::level;
        c.indicator = true;
        c.entry = like.name;
        if (c.column.empty()) c.column = like.name;
        c.levels = levels;
        c.level = i;
        c.name = fmt::format("{}={}", like.name, levels[i]);
        add_covariate(std::move(c), at);
    }
}

void SpecReader::add_products(const Covariate& like, const yaml::Node& node) {
    const auto words = yaml::as_texts(node, findings_);
    std::vector<std::vector<std::size_t>> of;
    for (std::size_t i = 0; i < words.size(); ++i)
        of.push_back(covariates_of_word(words[i], node.is_sequence() ? node[i].at() : node.at()));
    if (of.size() != 2) {
        findings_.error("M035", node.at(), fmt::format("'{}' is a product of {}", like.name, of.size()),
                        "name two covariates; for three, name a product and a covariate");
        return;
    }
    for (const std::size_t a : of[0])
        for (const std::size_t b : of[1]) {
            Covariate c = like;
            c.from = Covariate::From::product;
            c.indicator = spec_.covariates[a].indicator && spec_.covariates[b].indicator;
            c.entry = like.name;
            c.product = {a, b};
            if (of[0].size() * of[1].size() > 1)
                c.name =
                    fmt::format("{}={}:{}", like.name, spec_.covariates[a].name, spec_.covariates[b].name);
            add_covariate(std::move(c), node.at());
        }
}

void SpecReader::add_periods(const Covariate& like, const yaml::Node& node) {
    std::vector<double> cuts;
    for (std::size_t i = 0; i < node.size(); ++i)
        if (const auto cut = yaml::as_number(node[i], findings_)) {
            if (!cuts.empty() && !(*cut > cuts.back()))
                findings_.error("M035", node[i].at(), "the cuts do not ascend", "write them in order");
            cuts.push_back(*cut);
        }
    if (cuts.empty())
        findings_.error("M035", node.at(), fmt::format("'{}' has no cuts", like.name),
                        "write cuts: [5, 10], in the table's unit of time");
    for (std::size_t i = 0; i < cuts.size(); ++i) {
        Covariate c = like;
        c.from = Covariate::From::period;
        c.indicator = true;
        c.varying = true;
        c.entry = like.name;
        c.begins = cuts[i];
        c.ends = i + 1 < cuts.size() ? cuts[i + 1] : std::numeric_limits<double>::infinity();
        c.name = fmt::format("{}=from{}", like.name, shortest(cuts[i]));
        add_covariate(std::move(c), node.at());
    }
}

std::vector<std::size_t> SpecReader::covariates_of_word(const std::string& word, const Location& at) {
    auto out = spec_.covariates_of(word);
    if (out.empty()) {
        std::vector<std::string> names;
        for (const Covariate& c : spec_.covariates) {
            names.push_back(c.name);
            if (!c.entry.empty() && std::find(names.begin(), names.end(), c.entry) == names.end())
                names.push_back(c.entry);
        }
        findings_.error("M028", at, fmt::format("no covariate is called '{}'", word),
                        suggestion(word, names));
    }
    return out;
}

std::vector<Effect> SpecReader::read_effects(const yaml::Node& node, const std::string& of,
                                             const Provenance& from) {
    std::vector<Effect> effects;
    if (node.is_null()) return effects;
    if (!node.is_map()) {
        findings_.error("M028", node.at(), "`effects` must map covariates to numbers",
                        "write effects: {age: 0.1}");
        return effects;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
        const auto columns = covariates_of_word(node.key(i), node.key_at(i));
        bool tied = false;
        double factor = 1.0;
        Parameter like;
        if (node[i].is_map()) {
            yaml::Map map(node[i], findings_);
            factor = map.number_or("factor", 1.0);
            like = parameter_of(map, "", Parameter::Scale::identity, from, tied);
            map.done();
        } else {
            like = parameter_of_number(node[i], node.key(i), Parameter::Scale::identity, from);
        }
        for (const std::size_t c : columns) {
            Parameter p = like;
            const std::string& name = spec_.covariates[c].name;
            if (!tied)
                p.name = fmt::format("effect({}: {})", name, of);
            else if (columns.size() > 1)
                p.name = fmt::format("{}({})", like.name, name);
            effects.push_back({c, add_parameter(std::move(p), tied), factor});
        }
    }
    return effects;
}

}  // namespace bellwether::markov

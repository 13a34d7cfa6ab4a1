#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/core/yaml.hpp"
#include "bellwether/markov/model.hpp"

namespace bellwether::markov {
namespace {

/// A word in double quotes, YAML style.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + '"';
}

/// nan and infinities are written as words: the strict reader knows finite numbers only.
std::string number(double x) {
    return std::isfinite(x) ? shortest(x) : quoted(fmt::format("{}", x));
}

double number_from(yaml::Map& map, const std::string& key) {
    const yaml::Node n = map.required(key);
    if (n.is_scalar() && n.quoted()) {
        const std::string& word = n.scalar();
        if (word == "inf") return std::numeric_limits<double>::infinity();
        if (word == "-inf") return -std::numeric_limits<double>::infinity();
        return std::numeric_limits<double>::quiet_NaN();
    }
    return n.is_null() ? 0.0 : yaml::as_number(n, map.findings()).value_or(0.0);
}

void write_set(std::string& out, const Spec& spec, const ParameterSet& set) {
    const FitSummary& s = set.summary;
    out += fmt::format("  - end: {}\n    why: {}\n", to_string(s.end), quoted(s.why));
    if (!s.anchor_broken.empty()) out += fmt::format("    anchor-broken: {}\n", quoted(s.anchor_broken));
    if (!s.held.empty()) {
        out += "    held:\n";
        for (const std::string& name : s.held)
            out += fmt::format("      - {}\n", quoted(name));
    }
    out += fmt::format(
        "    start-log-lik: {}\n    log-lik: {}\n    max-scaled-gradient: {}\n    iterations: {}\n",
        number(s.start_log_lik), number(s.final_log_lik), number(s.max_scaled_gradient), s.iterations);
    out += fmt::format("    subjects: {}\n    rows: {}\n    values:\n", set.subjects, set.rows);
    for (std::size_t p = 0; p < spec.parameters.size(); ++p) {
        out += fmt::format("      - {{name: {}, value: {}", quoted(spec.parameters[p].name),
                           number(set.values[p]));
        if (set.standard_error[p]) out += fmt::format(", se: {}", number(*set.standard_error[p]));
        out += "}\n";
    }
    if (set.covariance.size() == 0) return;
    out += "    covariance:\n";
    for (Eigen::Index r = 0; r < set.covariance.rows(); ++r) {
        out += "      - [";
        for (Eigen::Index c = 0; c <= r; ++c)
            out += (c > 0 ? ", " : "") + number(set.covariance(r, c));
        out += "]\n";
    }
}

/// The lower triangle of a matrix with as many rows as there are standard errors.
void read_covariance(const yaml::Node& node, ParameterSet& set, Findings& findings) {
    const auto n = static_cast<Eigen::Index>(std::count_if(
        set.standard_error.begin(), set.standard_error.end(), [](const auto& se) { return se.has_value(); }));
    if (node.is_null()) return;
    bool whole = static_cast<Eigen::Index>(node.size()) == n;
    set.covariance.setZero(n, n);
    for (std::size_t r = 0; r < node.size() && whole; ++r) {
        whole = node[r].size() == r + 1;
        for (std::size_t c = 0; c <= r && whole; ++c) {
            const auto x = yaml::as_number(node[r][c], findings);
            set.covariance(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = x.value_or(0.0);
            set.covariance(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(r)) = x.value_or(0.0);
        }
    }
    if (!whole)
        findings.error("M041", node.at(),
                       fmt::format("a covariance that is not the lower triangle of {} rows", n),
                       "fit the model again");
}

ParameterSet read_set(const yaml::Node& node, const Spec& spec, Findings& findings) {
    ParameterSet set;
    yaml::Map map(node, findings);
    FitSummary& s = set.summary;
    const std::string end = map.text("end");
    if (const auto known = fit_end_from(end))
        s.end = *known;
    else
        findings.error("M041", node.at(), fmt::format("'{}' is not an end of a fit", end),
                       "fit the model again");
    s.why = map.text("why");
    s.anchor_broken = map.text_or("anchor-broken", "");
    s.held = map.texts_or_none("held");
    s.start_log_lik = number_from(map, "start-log-lik");
    s.final_log_lik = number_from(map, "log-lik");
    s.max_scaled_gradient = number_from(map, "max-scaled-gradient");
    s.iterations = static_cast<int>(map.integer("iterations"));
    set.subjects = static_cast<std::size_t>(map.integer("subjects", {0, 1e15}));
    set.rows = static_cast<std::size_t>(map.integer("rows", {0, 1e15}));
    const yaml::Node values = map.required("values"), covariance = map.optional("covariance");
    map.done();
    set.values = spec.start_values();
    set.standard_error.assign(set.values.size(), std::nullopt);
    if (values.size() != spec.parameters.size())
        findings.error("M041", values.at(),
                       fmt::format("{} values for {} parameters", values.size(), spec.parameters.size()),
                       "fit the model again");
    for (std::size_t p = 0; p < values.size() && p < spec.parameters.size(); ++p) {
        yaml::Map entry(values[p], findings);
        const std::string name = entry.text("name");
        set.values[p] = number_from(entry, "value");
        if (entry.has("se")) set.standard_error[p] = number_from(entry, "se");
        entry.done();
        if (name != spec.parameters[p].name)
            findings.error("M041", values[p].at(),
                           fmt::format("'{}' where '{}' should stand", name, spec.parameters[p].name),
                           "fit the model again");
    }
    read_covariance(covariance, set, findings);
    return set;
}

/// The means on which the fit centred covariates.
void read_centres(const yaml::Node& node, const Location& at, Spec& spec, Findings& findings) {
    std::size_t expected = 0, found = 0;
    for (const Covariate& c : spec.covariates)
        expected += c.centre_on_mean ? 1 : 0;
    for (std::size_t i = 0; i < node.size(); ++i) {
        const yaml::Node& pair = node[i];
        const auto covariate = pair.is_sequence() && pair.size() == 2 && pair[0].is_scalar()
                                   ? spec.covariate_index(pair[0].scalar())
                                   : std::nullopt;
        const auto centre = covariate ? yaml::as_number(pair[1], findings) : std::nullopt;
        if (!centre || !spec.covariates[*covariate].centre_on_mean) continue;
        spec.covariates[*covariate].centre = *centre;
        spec.covariates[*covariate].mean_known = true;
        ++found;
    }
    if (found != expected)
        findings.error("M041", at,
                       fmt::format("{} centres for {} covariates with `centre: mean`", found, expected),
                       "fit the model again");
}

}  // namespace

std::string write_model(const FittedModel& model) {
    std::string out =
        "# A fitted model. Written by `fit`; do not edit: the specification is hashed.\nfitted-model: 1\n";
    out += fmt::format("date: {}\ndata: {}\nspecification-hash: {}\nfolds: {}\n", quoted(model.date),
                       quoted(model.data_fingerprint), quoted(model.spec_hash), model.folds);
    if (std::any_of(model.spec.covariates.begin(), model.spec.covariates.end(),
                    [](const Covariate& c) { return c.centre_on_mean; })) {
        out += "centres:\n";
        for (const Covariate& c : model.spec.covariates)
            if (c.centre_on_mean) out += fmt::format("  - [{}, {}]\n", quoted(c.name), number(c.centre));
    }
    out += "sets:\n";
    for (const ParameterSet& set : model.sets)
        write_set(out, model.spec, set);
    if (!model.fold_of.empty()) {
        out += "fold-of:\n";
        for (const auto& [subject, fold] : model.fold_of)
            out += fmt::format("  - [{}, {}]\n", quoted(subject), fold);
    }
    out += "specification: |2\n";
    std::size_t begin = 0;
    while (begin < model.spec.text.size()) {
        const std::size_t stop = model.spec.text.find('\n', begin);
        const std::string line = model.spec.text.substr(begin, stop - begin);
        out += line.empty() ? "\n" : "  " + line + "\n";
        begin = stop == std::string::npos ? model.spec.text.size() : stop + 1;
    }
    return out;
}

FittedModel read_model(std::string_view text, const std::string& file, Findings& findings) {
    FittedModel model;
    const yaml::Node root = yaml::parse(text, file, findings);
    if (root.is_null()) return model;
    yaml::Map map(root, findings);
    if (!map.has("fitted-model") && map.has("transitions")) {
        findings.error("M041", root.at(), "this is a specification, not a fitted model",
                       "fit it first, and give the file that `fit --out` wrote");
        return model;
    }
    (void)map.integer("fitted-model", {1, 1});
    model.date = map.text("date");
    model.data_fingerprint = map.text("data");
    model.spec_hash = map.text("specification-hash");
    model.folds = static_cast<std::size_t>(map.integer("folds", {0, 1000}));
    const yaml::Node centres = map.optional("centres");
    const yaml::Node sets = map.required("sets");
    const yaml::Node folds = map.optional("fold-of");
    const std::string spec = map.text("specification");
    map.done();
    if (!findings.ok()) return model;
    model.spec = read_spec(spec, file, findings);
    if (sha256_hex(model.spec.text) != model.spec_hash)
        findings.error("M040", root.at(),
                       "the specification is not the one that was fitted: its hash differs",
                       "restore the file, or fit the changed specification");
    if (!findings.ok()) return model;
    read_centres(centres, root.at(), model.spec, findings);
    for (std::size_t k = 0; k < sets.size(); ++k)
        model.sets.push_back(read_set(sets[k], model.spec, findings));
    if (model.sets.size() != model.folds + 1)
        findings.error("M041", sets.at(),
                       fmt::format("{} parameter sets for {} folds", model.sets.size(), model.folds),
                       "fit the model again");
    for (std::size_t i = 0; i < folds.size(); ++i) {
        const yaml::Node& pair = folds[i];
        if (!pair.is_sequence() || pair.size() != 2) {
            findings.error("M041", pair.at(), "a fold entry must be [subject, fold]", "fit the model again");
            continue;
        }
        const auto subject = yaml::as_text(pair[0], findings);
        const auto fold = yaml::as_integer(pair[1], findings, {0.0, static_cast<double>(model.folds) - 1.0});
        if (subject && fold) model.fold_of[*subject] = static_cast<std::size_t>(*fold);
    }
    return model;
}

}  // namespace bellwether::markov

#include "bellwether/markov/model.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/hash.hpp"

#include "workers.hpp"

namespace bellwether::markov {

std::size_t FittedModel::set_for(const std::string& subject) const {
    const auto it = fold_of.find(subject);
    return it == fold_of.end() ? sets.size() - 1 : it->second;
}

bool FittedModel::usable() const noexcept {
    return !sets.empty() &&
           std::all_of(sets.begin(), sets.end(), [](const ParameterSet& s) { return s.usable(); });
}

std::string FittedModel::why_not_usable() const {
    if (sets.empty()) return "it has no parameters";
    for (std::size_t k = 0; k < sets.size(); ++k) {
        const FitSummary& s = sets[k].summary;
        if (s.usable()) continue;
        const std::string which =
            k + 1 == sets.size() ? "the fit to all subjects" : fmt::format("the fit without fold {}", k + 1);
        if (s.end != FitSummary::End::converged)
            return fmt::format("{}: {}: {}", which, to_string(s.end), s.why);
        return fmt::format("{}: {}", which, s.anchor_broken);
    }
    return "";
}

std::size_t fold_of(std::string_view subject, std::size_t folds) {
    Sha256 hash;
    hash.field(subject);
    return static_cast<std::size_t>(hash.prefix() % folds);
}

FittedModel fit_folds(const Spec& spec, const Panel& panel, std::size_t folds, const std::string& date,
                      const FitOptions& options, unsigned threads, const std::string& fingerprint) {
    FittedModel out;
    out.spec = spec;
    centre_on_means(out.spec, panel);
    out.spec_hash = sha256_hex(spec.text);
    out.data_fingerprint = fingerprint.empty() ? panel.fingerprint() : fingerprint;
    out.date = date;
    out.folds = folds < 2 ? 0 : folds;
    for (std::size_t s = 0; out.folds > 0 && s < panel.subjects(); ++s)
        out.fold_of[panel.id(s)] = fold_of(panel.id(s), out.folds);
    out.sets.resize(out.folds + 1);

    Workers(threads).run(out.sets.size(), [&](std::size_t k, unsigned) {
        const std::size_t own = out.folds - k;  // the fit to all subjects first: it takes longest
        const auto others = [&](const std::string& id) { return markov::fold_of(id, out.folds) != own; };
        out.sets[own] =
            own == out.folds ? fit(out.spec, panel, options) : fit(out.spec, panel.subset(others), options);
    });
    return out;
}

}  // namespace bellwether::markov

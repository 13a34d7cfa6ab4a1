#include "bellwether/markov/panel.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::markov {

void Panel::begin_subject(std::string id, double weight, std::span<const double> start) {
    const auto bad = [](double x) { return !(x >= 0.0) || !std::isfinite(x); };
    if (bad(weight)) throw Error("M004", fmt::format("subject '{}' has weight {}", id, weight));
    if (!start.empty() && (std::any_of(start.begin(), start.end(), bad) ||
                           std::all_of(start.begin(), start.end(), [](double x) { return x == 0.0; })))
        throw Error("M004", fmt::format("subject '{}' has start probabilities that cannot be", id));
    ids_.push_back(std::move(id));
    weight_.push_back(weight);
    start_.emplace_back(start.begin(), start.end());
    first_.push_back(rows());
}

void Panel::add(const Row& row) {
    if (ids_.empty()) throw Error("M004", "a row before the first subject");
    if (row.readings.size() != channels_ || row.covariates.size() != covariates_)
        throw Error("M004", fmt::format("a row of {} readings and {} covariates in a panel of {} and {}",
                                        row.readings.size(), row.covariates.size(), channels_, covariates_));
    if (rows() > first_.back() && !(row.time.count >= time_.back()))
        throw Error("M005",
                    fmt::format("day {} follows day {}", shortest(row.time.count), shortest(time_.back())));
    time_.push_back(row.time.count);
    what_.push_back({row.kind, row.state, row.among, row.known});
    readings_.insert(readings_.end(), row.readings.begin(), row.readings.end());
    values_.insert(values_.end(), row.covariates.begin(), row.covariates.end());
}

Panel Panel::reweighted(std::vector<double> weights) const {
    if (weights.size() != subjects())
        throw Error("M004", fmt::format("{} weights for {} subjects", weights.size(), subjects()));
    for (const double w : weights)
        if (!(w >= 0.0) || !std::isfinite(w)) throw Error("M004", fmt::format("a weight of {}", w));
    Panel out = *this;
    out.weight_ = std::move(weights);
    return out;
}

Row Panel::row(std::size_t i) const {
    Row out;
    out.time = Days{time_[i]};
    out.kind = what_[i].kind;
    out.state = what_[i].state;
    out.among = what_[i].among;
    out.known = what_[i].known;
    out.readings = std::span<const Reading>(readings_).subspan(i * channels_, channels_);
    out.covariates = std::span<const double>(values_).subspan(i * covariates_, covariates_);
    return out;
}

std::string Panel::fingerprint() const {
    std::vector<std::string> digests;
    for (std::size_t s = 0; s < subjects(); ++s) {
        Sha256 hash;
        hash.field(ids_[s]);
        // What a plain panel does not use enters only where it is used.
        if (weight_[s] != 1.0) hash.field("weight").field(weight_[s]);
        for (const double p : start_[s])
            hash.field("start").field(p);
        for (std::size_t i = first_row(s); i < end_row(s); ++i) {
            const Row r = row(i);
            hash.field(r.time.count).field(static_cast<std::int64_t>(r.kind));
            hash.field(static_cast<std::int64_t>(r.state)).field(static_cast<std::int64_t>(r.among));
            if (r.known) hash.field("known");
            for (const Reading& x : r.readings) {
                const auto flags =
                    (x.present ? 1 : 0) + (x.baseline ? 2 : 0) + 4 * static_cast<int>(x.censor);
                hash.field(static_cast<std::int64_t>(flags)).field(x.present ? x.value : 0.0);
                if (x.censor == Censor::interval) hash.field("upper").field(x.upper);
                if (x.among != 0) hash.field("among").field(static_cast<std::int64_t>(x.among));
            }
            for (const double c : r.covariates)
                hash.field(c);
        }
        digests.push_back(hash.hex());
    }
    std::sort(digests.begin(), digests.end());
    Sha256 all;
    all.field(static_cast<std::int64_t>(channels_)).field(static_cast<std::int64_t>(covariates_));
    for (const std::string& digest : digests)
        all.field(digest);
    return all.hex();
}

void centre_on_means(Spec& spec, const Panel& panel) {
    for (std::size_t c = 0; c < spec.covariates.size(); ++c) {
        if (!spec.covariates[c].centre_on_mean) continue;
        double sum = 0.0;
        std::size_t rows = 0;
        for (std::size_t s = 0; s < panel.subjects(); ++s)
            for (std::size_t i = panel.first_row(s); i + 1 < panel.end_row(s); ++i, ++rows)
                sum += panel.row(i).covariates[c];
        if (rows == 0)
            throw Error("M004", fmt::format("covariate '{}' has no mean: no subject has two rows",
                                            spec.covariates[c].name));
        spec.covariates[c].centre = sum / static_cast<double>(rows);
        spec.covariates[c].mean_known = true;
    }
}

void require_centres(const Spec& spec) {
    for (const Covariate& c : spec.covariates)
        if (c.centre_on_mean && !c.mean_known)
            throw Error("M016", fmt::format("covariate '{}' is to be centred on its mean, which is not known "
                                            "yet: call centre_on_means with the panel first, or give the "
                                            "centre as a number",
                                            c.name));
}

}  // namespace bellwether::markov

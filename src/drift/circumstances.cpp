#include "circumstances.hpp"

#include <cctype>
#include <cmath>
#include <numbers>

namespace bellwether::drift {

std::string plain_word(std::string_view s) {
    std::string out;
    for (const char c : s)
        if (std::isalnum(static_cast<unsigned char>(c)))
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

Circumstances::Circumstances(const markov::Spec& spec)
    : spec_(spec), of_interest_(spec.channels.size(), false) {
    for (const auto& c : spec.covariates) {
        asked_.push_back(asked_by(c.name));
        if (asked_.back().kind != Kind::none) of_interest_[asked_.back().channel] = true;
    }
}

Circumstances::Asked Circumstances::asked_by(const std::string& name) const {
    Asked found;
    for (std::size_t c = 0; c < spec_.channels.size(); ++c) {
        const std::string& channel = spec_.channels[c].name;
        if (name == "day_cos_" + channel) return {Kind::cosine, c, {}};
        if (name == "day_sin_" + channel) return {Kind::sine, c, {}};
        const std::string assay = "assay_" + channel + "_";
        // Of two channels whose names begin alike, the longer one is meant.
        if (!name.starts_with(assay) ||
            (found.kind != Kind::none && spec_.channels[found.channel].name.size() > channel.size()))
            continue;
        found = {Kind::assay, c, plain_word(std::string_view(name).substr(assay.size()))};
    }
    return found;
}

void Circumstances::took(Date day, std::size_t channel, const series::Track& track,
                         const series::Point& point) {
    if (of_interest_[channel]) taken_[{day, channel}] = {point.minute, track.assay_of(point)};
}

std::optional<double> Circumstances::of(const Asked& asked, const Taken& taken) const {
    if (asked.kind == Kind::assay) {
        if (taken.assay.empty()) return std::nullopt;
        return plain_word(taken.assay) == asked.assay ? 1.0 : 0.0;
    }
    if (taken.minute < 0) return std::nullopt;
    const double angle = 2.0 * std::numbers::pi * taken.minute / (24.0 * 60.0);
    return asked.kind == Kind::cosine ? std::cos(angle) : std::sin(angle);
}

std::optional<double> Circumstances::value(std::size_t covariate, Date day) const {
    const Asked& asked = asked_[covariate];
    if (asked.kind == Kind::none) return std::nullopt;
    const double centre = spec_.covariates[covariate].centre;
    const auto found = taken_.find({day, asked.channel});
    return found == taken_.end() ? centre : of(asked, found->second).value_or(centre);
}

}  // namespace bellwether::drift

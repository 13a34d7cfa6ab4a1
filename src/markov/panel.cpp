#include "bellwether/markov/panel.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::markov {

void Panel::begin_subject(std::string id) {
    ids_.push_back(std::move(id));
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
    what_.push_back({row.kind, row.state, row.among});
    readings_.insert(readings_.end(), row.readings.begin(), row.readings.end());
    values_.insert(values_.end(), row.covariates.begin(), row.covariates.end());
}

Row Panel::row(std::size_t i) const {
    Row out;
    out.time = Days{time_[i]};
    out.kind = what_[i].kind;
    out.state = what_[i].state;
    out.among = what_[i].among;
    out.readings = std::span<const Reading>(readings_).subspan(i * channels_, channels_);
    out.covariates = std::span<const double>(values_).subspan(i * covariates_, covariates_);
    return out;
}

std::string Panel::fingerprint() const {
    std::vector<std::string> digests;
    for (std::size_t s = 0; s < subjects(); ++s) {
        Sha256 hash;
        hash.field(ids_[s]);
        for (std::size_t i = first_row(s); i < end_row(s); ++i) {
            const Row r = row(i);
            hash.field(r.time.count).field(static_cast<std::int64_t>(r.kind));
            hash.field(static_cast<std::int64_t>(r.state)).field(static_cast<std::int64_t>(r.among));
            for (const Reading& x : r.readings) {
                const auto flags =
                    (x.present ? 1 : 0) + (x.baseline ? 2 : 0) + 4 * static_cast<int>(x.censor);
                hash.field(static_cast<std::int64_t>(flags)).field(x.present ? x.value : 0.0);
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

}  // namespace bellwether::markov

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bellwether/markov/spec.hpp"
#include "bellwether/series/timeline.hpp"

/// Private: covariates that say how a reading was taken, of one patient.
namespace bellwether::drift {

/// day_cos_CHANNEL, day_sin_CHANNEL: cosine and sine of the hour of the day of the channel's reading, as an
/// angle (0 at midnight, pi at noon), so that effects on both are a wave of any height and peak; together the
/// cosinor of Nelson 1979 [Nelson1979]. assay_CHANNEL_NAME: 1 where the reading is of that assay, else 0.
class Circumstances {
public:
    explicit Circumstances(const markov::Spec& spec);

    /// Of a reading that is used.
    void took(Date day, std::size_t channel, const series::Track& track, const series::Point& point);
    /// Nothing for a covariate of another kind; its centre where the row has no reading of the channel, or
    /// nobody knows.
    [[nodiscard]] std::optional<double> value(std::size_t covariate, Date day) const;

private:
    enum class Kind { none, cosine, sine, assay };
    struct Asked {
        Kind kind = Kind::none;
        std::size_t channel = 0;
        std::string assay;  ///< as plain_word
    };
    struct Taken {
        int minute = -1;
        std::string assay;
    };
    [[nodiscard]] Asked asked_by(const std::string& name) const;
    [[nodiscard]] std::optional<double> of(const Asked& asked, const Taken& taken) const;

    const markov::Spec& spec_;
    std::vector<Asked> asked_;       ///< per covariate
    std::vector<bool> of_interest_;  ///< per channel
    std::map<std::pair<Date, std::size_t>, Taken> taken_;
};

/// Letters and digits alone, small: "Anti-PD-1" and "anti_pd_1" are the same word.
[[nodiscard]] std::string plain_word(std::string_view s);

}  // namespace bellwether::drift

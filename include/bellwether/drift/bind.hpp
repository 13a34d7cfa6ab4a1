#pragma once

#include <string>
#include <vector>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"
#include "bellwether/record/channel.hpp"
#include "bellwether/series/timeline.hpp"

namespace bellwether::drift {

/// One row of a patient for a model, with its own storage.
struct BoundRow {
    Date date;
    markov::Kind kind = markov::Kind::snapshot;
    std::size_t state = 0;
    markov::StateSet among = 0;
    std::vector<markov::Reading> readings;  ///< one per channel of the specification
    std::vector<double> covariates;         ///< in force from this row on
    /// Channels whose earlier readings stem from another assay or laboratory without a bridge: bit = channel.
    /// A filter must forget what it remembers of them before it takes the row.
    std::uint64_t restarted = 0;
    bool has_reading = false;
    /// The row as the filter takes it; refers to this object. Time is the date's serial number.
    [[nodiscard]] markov::Row row() const;
    /// Digest of everything above.
    [[nodiscard]] std::uint64_t digest() const;
};

/// Joins a timeline to a specification: by name the channels, and the covariates
///   on_therapy     1 while any regimen is given
///   on_REGIMEN     1 while that regimen is given (case and punctuation do not matter)
///   arm_ARM, sex_female, sex_male     1 or 0
///   age            years at day zero
///   day_cos_CHANNEL, day_sin_CHANNEL   cosine and sine of the hour at which the channel's reading of the row
///                  was taken, as an angle: 0 at midnight, pi at noon
///   assay_CHANNEL_NAME   1 where that reading is of the assay (or assay/laboratory) NAME, else 0
///   anything else  a number among the patient's attributes
/// A covariate that is not known takes the specification's centre, so that its effect is nil.
///
/// Rows: each date with a reading of a modelled channel (the last of the day), each change of therapy (a row
/// with everything missing that cuts the interval, when the specification has a covariate that varies), the
/// day of death as exact entry (unless nothing precedes it), after which nothing follows, and, with
/// `last_known_alive`, the last date known alive as a set of states. Readings on or before day zero are
/// marked as own baseline; the last of them stands. Of an `own_baseline` channel whose
/// baseline is read off only the readings that are comparable with the first are used.
///
/// @param until  data after it is left out
/// @throws Error D001 a channel of the specification that the catalogue does not have.
[[nodiscard]] std::vector<BoundRow> bind(const series::Timeline& timeline, const markov::Spec& spec,
                                         Date until, bool last_known_alive = false);

/// Appends a patient's rows to a panel for fitting; nothing when there is no reading. Of a `rate` channel and
/// of one with a level that is followed the readings of the first comparable stretch only: the likelihood
/// does not restart.
void add_to_panel(const series::Timeline& timeline, const markov::Spec& spec, Date until,
                  markov::Panel& panel);

/// @throws Error D001 with the nearest name, when a channel of the specification is not in the catalogue;
/// D002 when both do not agree on the scale. What a channel says is the model's own business: the catalogue's
/// is a default.
void check_channels(const markov::Spec& spec, const ChannelCatalogue& catalogue);

}  // namespace bellwether::drift

#pragma once

#include <optional>
#include <string>

#include "bellwether/app/evaluate.hpp"
#include "bellwether/app/scan.hpp"
#include "bellwether/app/score_store.hpp"
#include "bellwether/rulebook/formula.hpp"

/// What a score asks of one patient at one landmark.
namespace bellwether::app {

/// A score made ready: the knowledge that it needs and no other, so that a model which takes no part is
/// neither run nor held to have seen anybody.
struct ScoreReader {
    ReplaySide side;
    std::string name;  ///< for people
    study::ScoreKind kind = study::ScoreKind::number;
    std::optional<rulebook::Formula> formula;  ///< nothing: the rule of side.rules
};

/// @throws Error P088, P089, P032
[[nodiscard]] ScoreReader make_score_reader(store::Store& store, const ScoreStoreRequest& request);

struct ScoreAnswer {
    std::optional<double> value;
    bool bound = false;  ///< the value is a limit of detection
    std::string why;     ///< when there is no value
};

/// @param timeline  as known at the end of `day`
/// @param tracks    the patient's filter tracks from landmark to landmark
[[nodiscard]] ScoreAnswer read_score(const ScoreReader& reader, const series::Timeline& timeline, Date day,
                                     Tracks& tracks, Workspace& workspace);

}  // namespace bellwether::app

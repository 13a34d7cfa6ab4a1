#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bellwether/core/error.hpp"
#include "bellwether/record/record.hpp"

/// One plain series of readings, without patient, channel or store.
namespace bellwether::app {

struct SeriesFile {
    std::vector<std::string> time;   ///< as written: all numbers, or all dates
    std::vector<std::string> shown;  ///< value as written: "1.5", "<0.1"
    std::vector<Reading> readings;   ///< in the file's unit
};

/// Reads CSV with a header that has the columns `time` and `value` (others are passed over), or, where the
/// text begins with `{` or `[`, JSON: {"time": [...], "value": [...]} (other keys are passed over) or a list
/// of {"time": ..., "value": ...}.
///
/// Times are numbers, or dates YYYY-MM-DD; they ascend, equal ones are allowed. Values are numbers, or
/// "<0.1" and ">1000" beyond a limit of detection. A row without a value (empty, NA, null) is passed over.
/// @param log  values are to be judged on a log scale: one that is not above 0 is an error
/// Codes: P060 no column or array of that name, P061 no time, P062 time runs back, P063 no value, P064 no
/// logarithm, P065 arrays of different lengths, or an element that is no object, P066 no readings; F0xx of
/// the CSV reader, Y0xx of the JSON reader.
[[nodiscard]] SeriesFile read_series(std::string_view text, const std::string& file, bool log,
                                     Findings& findings);

}  // namespace bellwether::app

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bellwether/trial/course.hpp"
#include "bellwether/trial/random.hpp"

namespace bellwether::trial {

/// What a laboratory finds in one tube or block, before anybody writes it down: canonical units, assay noise
/// in it.
struct Finding {
    std::string_view channel;
    double value = 0.0;
};

/// A number as one laboratory prints it.
struct Printed {
    std::string value, unit;
};

/// Where a sample goes: name of the laboratory, assay, specimen and the range of days until it reports.
struct Route {
    std::string_view laboratory, assay, specimen, prefix;
    int soonest = 1, latest = 2;
};

[[nodiscard]] Route blood_route(const VirtualPatient& p);
[[nodiscard]] Route flow_route();
[[nodiscard]] Route ctdna_route(const VirtualPatient& p, int day);
[[nodiscard]] Route tissue_route();
[[nodiscard]] Route imaging_route();

/// Differential count, LDH with its limit, ALT and AST.
[[nodiscard]] std::vector<Finding> blood_findings(const VirtualPatient& p, const Course& c, int day,
                                                  Stream& noise);
/// MDSC and Treg by flow cytometry.
[[nodiscard]] std::vector<Finding> flow_findings(const VirtualPatient& p, const State& x, Stream& noise);
[[nodiscard]] std::vector<Finding> ctdna_findings(const VirtualPatient& p, const State& x, int day,
                                                  Stream& noise);
[[nodiscard]] std::vector<Finding> tissue_findings(const VirtualPatient& p, const State& x, Stream& noise);

/// In the unit and with the digits of that laboratory; below its limit of detection as "<limit".
[[nodiscard]] Printed print(std::string_view channel, double value, const Route& route);

}  // namespace bellwether::trial

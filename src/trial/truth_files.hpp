#pragma once

#include <string>

#include "bellwether/trial/course.hpp"

namespace bellwether::trial {

/// The truth files, apart from the feeds; buffered, since a big trial has a million lines of states.
class TruthFiles {
public:
    /// Makes the folder and writes truth_trial.csv. @throws Error V003
    TruthFiles(const std::string& folder, const TrialOptions& options);
    void add(const VirtualPatient& p, const Course& c);
    void flush();

private:
    void patient(const VirtualPatient& p, const Course& c, const Truth& t);
    void states(const VirtualPatient& p, const Course& c);

    std::string folder_, patients_, states_;
    bool begun_ = false;
};

}  // namespace bellwether::trial

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "design.hpp"

/// A call of msm() with its data taken apart as ?msm documents it.
namespace bellwether::msm {

struct Record {
    std::string subject;
    double time = 0.0;
    std::vector<double> outcome;  ///< one per outcome; missing where not read
    int obstype = 1;
    double known = kMissing;  ///< obstrue
    double weight = 1.0;
    std::size_t source = 0;  ///< row of the data, from 1; 0: put in at a change of period
};

struct Call {
    Workspace* workspace = nullptr;
    std::map<std::string, Value> args;     ///< evaluated, but for those that name columns
    std::map<std::string, ExprPtr> exprs;  ///< all, as written
    Value data;                            ///< rows as in `records`
    std::vector<Record> records;
    bool hidden = false;
    std::vector<std::size_t> last;  ///< per record: 1 where it is its subject's last
    std::vector<double> cuts;       ///< pci
    [[nodiscard]] const Value* arg(const std::string& name) const;
    [[nodiscard]] bool flag(const std::string& name) const;
};

/// Evaluates a case's set-up and call.
/// @throws Error P001 to P004 what cannot be read
[[nodiscard]] Call read_call(Workspace& workspace, const std::string& setup, const std::string& call);

}  // namespace bellwether::msm

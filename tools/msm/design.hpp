#pragma once

#include <string>
#include <vector>

#include "r_value.hpp"

/// Columns of a design, as R's model.matrix makes them of a formula with treatment contrasts.
namespace bellwether::msm {

struct Column {
    std::string name;            ///< "age", "sexMale", "sexMale:age"
    std::string term;            ///< the term it belongs to: "sex"
    std::vector<double> values;  ///< one per row; missing where a part is
};

/// @param formula  a one-sided formula, or the right side of one
/// @throws Error P003 a term that is no sum, product or interaction of expressions
/// @tested tests/parity/design_test.cpp
[[nodiscard]] std::vector<Column> design(Workspace& workspace, const Value& formula, const Value& data);

/// Names of the data's columns that a formula reads.
[[nodiscard]] std::vector<std::string> variables(const Value& formula, const Value& data);

}  // namespace bellwether::msm

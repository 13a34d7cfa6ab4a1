#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The small part of R in which a reference case writes its data and its call.
namespace bellwether::msm {

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct Arg {
    std::string name;  ///< empty: by position
    ExprPtr value;     ///< nothing: an empty place, as in x[, 1]
};

/// Everything that is not a constant or a name is a call, operators included: "<-", "~", "[", "$", "(".
struct Expr {
    enum class Kind { number, text, name, call };
    Kind kind = Kind::name;
    double number = 0.0;
    std::string word;  ///< text, name, or what is called
    std::vector<Arg> args;
};

/// Statements in their order.
/// @throws Error P001 not R as far as this reader knows it; the message holds the place.
/// @tested tests/parity/reader_test.cpp
[[nodiscard]] std::vector<ExprPtr> parse_r(std::string_view text);

/// As R's deparse writes it: "a + b:c", "log(x)". Names the columns of a design.
[[nodiscard]] std::string deparse(const Expr& e);

/// Names that an expression reads, in order, once each (R's all.vars).
[[nodiscard]] std::vector<std::string> all_names(const Expr& e);

}  // namespace bellwether::msm

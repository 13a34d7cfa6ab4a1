#pragma once

#include <string>

#include "expression.hpp"
#include "operand.hpp"
#include "program.hpp"

/// Units and types of arithmetic: what may be added, compared, multiplied, divided, and what comes out.
namespace bellwether::rulebook {

/// Each method checks two operands of `e`, converts one where needed (nodes are added to the expression) and
/// gives the type and unit of the result in `out`. @return false when there was a finding.
class Dimensions {
public:
    Dimensions(Expression& expression, const Report& report) : out_(expression), report_(report) {}

    /// Brings both sides of a sum or a comparison to one type and unit.
    [[nodiscard]] bool match(Operand& l, Operand& r, const Expr& e, Operand& out);
    [[nodiscard]] bool product(Operand& l, Operand& r, const Expr& e, Operand& out);
    [[nodiscard]] bool quotient(Operand& l, Operand& r, const Expr& e, Operand& out);

private:
    /// A number without a unit beside a quantity: fits when the quantity has none either, or when it is 0.
    bool bare_fits(const Operand& bare, const Operand& other);
    bool convert(Operand& x, const std::string& to, const Expr& e);
    /// A share (20%, ppm) as factor or divisor is a plain number.
    void plain_share(Operand& x, const Expr& e);
    int emit(Node node);

    Expression& out_;
    const Report& report_;
};

}  // namespace bellwether::rulebook

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The syntax tree of an expression as written, before names and types are known.
namespace bellwether::rulebook {

enum class Syntax {
    number,    ///< `5`, `5 mm`, `20%`: number and unit
    duration,  ///< `21d`, `6w`: number in days
    word,      ///< a bare word: female
    text,      ///< a quoted one: 'female'
    truth,     ///< true, false: number 1 or 0
    call,      ///< fold(ctdna, nadir): text is the name, kids are the arguments
    negative,
    not_,
    add,
    subtract,
    multiply,
    divide,
    less,
    at_most,
    greater,
    at_least,
    equal,
    differs,
    and_,
    or_
};

struct Expr {
    Syntax kind = Syntax::number;
    std::size_t at = 0;     ///< byte at which it begins
    std::size_t op_at = 0;  ///< byte of its operator, where it has one; else `at`
    double number = 0.0;
    std::string text;  ///< name, word, or unit of a number
    std::vector<Expr> kids;
};

struct SyntaxError {
    std::size_t at = 0;
    bool chained = false;  ///< a second comparison follows a comparison
    std::string what, hint;
};

/// Grammar, loosest first: or; and; not; one comparison (== != < <= > >=); + -; * /; unary -; literal, call,
/// (...).
/// @return the tree, or nothing with `error` filled.
[[nodiscard]] std::optional<Expr> parse_expression(std::string_view text, SyntaxError& error);

/// "and", ">=": the operator as written.
[[nodiscard]] std::string_view spelling(Syntax kind);

}  // namespace bellwether::rulebook

#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "r_ast.hpp"

namespace bellwether::msm {

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
[[nodiscard]] inline bool missing(double x) {
    return std::isnan(x);
}

/// A value of R, as far as the cases need: vectors (with dimensions or levels), lists, data frames, formulas.
/// NA and NaN are one.
struct Value {
    enum class Type { null, logical, number, text, list, formula };
    Type type = Type::null;
    std::vector<double> num;            ///< logical, number; a factor's codes, from 1
    std::vector<std::string> str;       ///< text
    std::vector<Value> items;           ///< list; columns of a data frame
    std::vector<std::string> names;     ///< of elements; of a data frame's columns
    std::size_t rows = 0, columns = 0;  ///< matrix, column by column; 0: none
    std::vector<std::string> column_names;
    std::vector<std::string> levels;  ///< not empty: a factor
    std::string of_class;             ///< "data.frame", "hmm", "hmmMV"; the family stands in str[0]
    ExprPtr formula;

    [[nodiscard]] static Value of(double x) { return numbers({x}); }
    [[nodiscard]] static Value numbers(std::vector<double> x);
    [[nodiscard]] static Value logicals(std::vector<double> x);
    [[nodiscard]] static Value words(std::vector<std::string> x);
    [[nodiscard]] bool is_null() const { return type == Type::null; }
    [[nodiscard]] bool is_numeric() const { return type == Type::logical || type == Type::number; }
    [[nodiscard]] bool is_factor() const { return !levels.empty(); }
    [[nodiscard]] bool is_matrix() const { return columns > 0; }
    [[nodiscard]] bool is_frame() const { return of_class == "data.frame"; }
    [[nodiscard]] std::size_t size() const;
    /// Rows of a data frame or matrix, else the number of elements.
    [[nodiscard]] std::size_t height() const;
    [[nodiscard]] double at(std::size_t row, std::size_t column) const { return num[column * rows + row]; }
    /// Element of a list by name; nothing when there is none.
    [[nodiscard]] const Value* find(const std::string& name) const;
};

/// Elements (or rows of a matrix or data frame) in the given order.
[[nodiscard]] Value pick(const Value& v, const std::vector<std::size_t>& which);

/// Names and their values. Reading a data set is the caller's.
class Workspace {
public:
    using Read = std::function<Value(const std::string&)>;
    explicit Workspace(Read read) : read_(std::move(read)) {}

    /// @throws Error P002 a function or name that this reader does not know, or arguments that do not fit
    /// @tested tests/parity/eval_test.cpp
    Value run(std::string_view text);
    Value eval(const Expr& e, const Value* data = nullptr);

private:
    Value call(const Expr& e, const Value* data);
    void assign(const Expr& target, Value v, const Value* data);
    std::vector<Value> arguments(const Expr& e, const Value* data, std::vector<std::string>& names);
    Read read_;
    std::map<std::string, Value> known_;
};

/// One function of R on evaluated arguments; names[i] is empty for an argument by position.
[[nodiscard]] Value apply_r(const std::string& function, const std::vector<Value>& args,
                            const std::vector<std::string>& names);
/// x[...], with `args` from the second on: the places, nothing where a place is empty.
[[nodiscard]] Value subset_r(const Value& x, const std::vector<Value>& places,
                             const std::vector<bool>& given);
/// +, -, comparison, logic, with recycling.
[[nodiscard]] Value operate(const std::string& op, const Value& a, const Value& b);

/// A CSV as read.csv(stringsAsFactors = TRUE) takes it.
[[nodiscard]] Value read_frame(const std::string& path);

}  // namespace bellwether::msm

#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

#include "r_value.hpp"

/// Functions of R that make and change vectors, by its names. Arguments come evaluated; names[i] is empty for
/// one by position.
namespace bellwether::msm {

using Args = std::vector<Value>;
using Names = std::vector<std::string>;

[[noreturn]] inline void refuse(const std::string& why) {
    throw Error("P002", why);
}

/// Arguments matched to formal names as R does: exact names first, then by position.
class Matched {
public:
    Matched(const std::string& function, const Args& args, const Names& names, Names formals)
        : formals_(std::move(formals)), values_(formals_.size(), nullptr) {
        for (std::size_t i = 0; i < args.size(); ++i) {
            if (names[i].empty()) continue;
            const auto at = std::find(formals_.begin(), formals_.end(), names[i]);
            if (at == formals_.end())
                refuse(fmt::format("{}: argument '{}' is not known", function, names[i]));
            values_[static_cast<std::size_t>(at - formals_.begin())] = &args[i];
        }
        std::size_t next = 0;
        for (std::size_t i = 0; i < args.size(); ++i) {
            if (!names[i].empty()) continue;
            while (next < values_.size() && values_[next] != nullptr)
                ++next;
            if (next == values_.size()) refuse(fmt::format("{}: too many arguments", function));
            values_[next] = &args[i];
        }
    }
    [[nodiscard]] const Value* operator[](const std::string& name) const {
        return values_[static_cast<std::size_t>(std::find(formals_.begin(), formals_.end(), name) -
                                                formals_.begin())];
    }
    [[nodiscard]] double number(const std::string& name, double otherwise) const {
        const Value* v = (*this)[name];
        return v == nullptr || v->num.empty() ? otherwise : v->num[0];
    }

private:
    Names formals_;
    std::vector<const Value*> values_;
};

[[nodiscard]] Value combine(const Args& args, const Names& names);
[[nodiscard]] Value bind(const Args& all, const Names& all_names, bool by_row);
[[nodiscard]] Value matrix(const Args& args, const Names& names);
[[nodiscard]] Value repeat(const Args& args, const Names& names);
[[nodiscard]] Value sequence(const Args& args, const Names& names);
[[nodiscard]] Value factor(const Args& args, const Names& names);
[[nodiscard]] Value as_number(const Value& x);
[[nodiscard]] Value as_text(const Value& x);
[[nodiscard]] Value duplicated(const Args& args, const Names& names);
[[nodiscard]] Value if_else(const Args& args, const Names& names);
[[nodiscard]] Value order_of(const Args& keys);
[[nodiscard]] Value paste(const std::string& f, const Args& args, const Names& names);
[[nodiscard]] Value relevel(const Args& args, const Names& names);
[[nodiscard]] Value cut(const Args& args, const Names& names);
[[nodiscard]] Value one_by_one(const Value& x, double (*f)(double));
[[nodiscard]] Value fold(const std::string& f, const Args& args, const Names& names);
[[nodiscard]] Value parallel(const std::string& f, const Args& args);

}  // namespace bellwether::msm

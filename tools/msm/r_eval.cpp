#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

#include "r_value.hpp"

namespace bellwether::msm {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error("P002", why);
}

/// Zero-based places that an index of R means; length + 0 for one that is not there (NA).
std::vector<std::size_t> places(const Value& index, std::size_t length,
                                const std::vector<std::string>& names) {
    std::vector<std::size_t> out;
    if (index.type == Value::Type::text) {
        for (const auto& w : index.str) {
            const auto at = std::find(names.begin(), names.end(), w);
            if (at == names.end()) refuse(fmt::format("no element '{}'", w));
            out.push_back(static_cast<std::size_t>(at - names.begin()));
        }
        return out;
    }
    if (index.type == Value::Type::logical) {
        const auto n = std::max(length, index.num.size());
        for (std::size_t i = 0; i < n && !index.num.empty(); ++i) {
            const double x = index.num[i % index.num.size()];
            if (missing(x))
                out.push_back(length);
            else if (x != 0.0)
                out.push_back(i);
        }
        return out;
    }
    if (std::any_of(index.num.begin(), index.num.end(), [](double x) { return x < 0.0; })) {
        std::vector<bool> keep(length, true);
        for (const double x : index.num)
            if (-x >= 1.0 && -x <= static_cast<double>(length))
                keep[static_cast<std::size_t>(-x) - 1] = false;
        for (std::size_t i = 0; i < length; ++i)
            if (keep[i]) out.push_back(i);
        return out;
    }
    for (const double x : index.num)
        if (missing(x))
            out.push_back(length);
        else if (x >= 1.0)
            out.push_back(static_cast<std::size_t>(x) - 1);
    return out;
}

Value columns_of(const Value& frame, const std::vector<std::size_t>& which, bool drop) {
    if (frame.is_frame()) {
        if (which.size() == 1 && drop) return frame.items.at(which[0]);
        Value out = frame;
        out.items.clear();
        out.names.clear();
        for (const auto c : which) {
            out.items.push_back(frame.items.at(c));
            out.names.push_back(frame.names.at(c));
        }
        return out;
    }
    Value out = frame;
    out.num.clear();
    out.column_names.clear();
    for (const auto c : which) {
        for (std::size_t r = 0; r < frame.rows; ++r)
            out.num.push_back(frame.at(r, c));
        if (c < frame.column_names.size()) out.column_names.push_back(frame.column_names[c]);
    }
    out.columns = which.size();
    if (drop && (out.columns == 1 || out.rows == 1)) out.rows = out.columns = 0;
    return out;
}

}  // namespace

Value subset_r(const Value& x, const std::vector<Value>& index, const std::vector<bool>& given) {
    if (index.size() == 1) {
        if (!given[0]) return x;
        if (x.is_frame()) return columns_of(x, places(index[0], x.items.size(), x.names), false);
        Value flat = x;
        flat.rows = flat.columns = 0;
        return pick(flat, places(index[0], x.size(), x.names));
    }
    if (index.size() != 2 || !(x.is_frame() || x.is_matrix())) refuse("an index with this many places");
    Value out = x;
    if (given[0]) out = pick(out, places(index[0], x.height(), {}));
    if (!given[1]) {
        if (out.is_matrix() && out.rows == 1) out.rows = out.columns = 0;
        return out;
    }
    const auto& names = x.is_frame() ? x.names : x.column_names;
    return columns_of(out, places(index[1], x.is_frame() ? x.items.size() : x.columns, names), true);
}

Value Workspace::run(std::string_view text) {
    Value last;
    for (const auto& e : parse_r(text))
        last = eval(*e);
    return last;
}

std::vector<Value> Workspace::arguments(const Expr& e, const Value* data, std::vector<std::string>& names) {
    std::vector<Value> out;
    for (const auto& a : e.args) {
        names.push_back(a.name);
        out.push_back(a.value ? eval(*a.value, data) : Value{});
    }
    return out;
}

Value Workspace::eval(const Expr& e, const Value* data) {
    if (e.kind == Expr::Kind::number) return Value::of(e.number);
    if (e.kind == Expr::Kind::text) return Value::words({e.word});
    if (e.kind == Expr::Kind::call) return call(e, data);
    if (data != nullptr)
        if (const Value* column = data->find(e.word)) return *column;
    if (const auto it = known_.find(e.word); it != known_.end()) return it->second;
    if (e.word == "TRUE" || e.word == "T") return Value::logicals({1.0});
    if (e.word == "FALSE" || e.word == "F") return Value::logicals({0.0});
    if (e.word == "NULL") return {};
    if (e.word == "Inf") return Value::of(INFINITY);
    if (e.word == "pi") return Value::of(M_PI);
    if (e.word == "NA" || e.word == "NaN") return Value::logicals({kMissing});
    if (e.word == "NA_real_" || e.word == "NA_integer_") return Value::of(kMissing);
    if (e.word == "na.omit" || e.word == "na.fail") return Value::words({e.word});
    refuse(fmt::format("unknown name '{}'", e.word));
}

Value Workspace::call(const Expr& e, const Value* data) {
    const auto arg = [&](std::size_t i) -> const Expr& {
        if (i >= e.args.size() || !e.args[i].value) refuse(fmt::format("{} lacks an argument", e.word));
        return *e.args[i].value;
    };
    if (e.word == "~") {
        Value out;
        out.type = Value::Type::formula;
        out.formula = std::make_shared<const Expr>(e);
        return out;
    }
    if (e.word == "<-") {
        Value v = eval(arg(1), data);
        assign(arg(0), v, data);
        return v;
    }
    if (e.word == "(") return eval(arg(0), data);
    if (e.word == "{") {
        Value last;
        for (const auto& s : e.args)
            last = eval(*s.value, data);
        return last;
    }
    if (e.word == "rd") {
        const Value v = eval(arg(0), data);
        return read_(v.str.at(0));
    }
    if (e.word == "$") {
        const Value x = eval(arg(0), data);
        const Value* found = x.find(arg(1).word);
        return found != nullptr ? *found : Value{};
    }
    if (e.word == "crudeinits.msm") {  // a case holds the start that it makes: its pattern will do
        for (std::size_t i = 0; i < e.args.size(); ++i)
            if (e.args[i].name == "qmatrix" || (i == 3 && e.args[i].name.empty()))
                return eval(*e.args[i].value, data);
        refuse("crudeinits.msm lacks qmatrix");
    }
    if (e.word == "as.formula") return eval(arg(0), data);
    if (e.word == "with") {
        const Value frame = eval(arg(0), data);
        return eval(arg(1), &frame);
    }
    if (e.word == "subset") {
        const Value frame = eval(arg(0), data);
        Value keep = eval(arg(1), &frame);
        for (auto& x : keep.num)
            x = missing(x) ? 0.0 : x;
        return subset_r(frame, {keep, Value{}}, {true, false});
    }
    if (e.word == "transform") {
        const Value frame = eval(arg(0), data);
        Value out = frame;
        for (std::size_t i = 1; i < e.args.size(); ++i) {
            Value v = eval(*e.args[i].value, &frame);
            const auto at = std::find(out.names.begin(), out.names.end(), e.args[i].name);
            if (at == out.names.end()) {
                out.names.push_back(e.args[i].name);
                out.items.push_back(std::move(v));
            } else {
                out.items[static_cast<std::size_t>(at - out.names.begin())] = std::move(v);
            }
        }
        return out;
    }
    if (e.word == "within") {
        Value frame = eval(arg(0), data);
        const auto outer = known_;
        const Expr& body = arg(1);
        std::vector<ExprPtr> steps;
        if (body.word == "{")
            for (const auto& s : body.args)
                steps.push_back(s.value);
        else
            steps.push_back(e.args[1].value);
        for (const auto& s : steps) {
            if (s->word != "<-" || s->args[0].value->kind != Expr::Kind::name)
                refuse("within() of more than assignments");
            Value v = eval(*s->args[1].value, &frame);
            const auto& name = s->args[0].value->word;
            const auto at = std::find(frame.names.begin(), frame.names.end(), name);
            if (at == frame.names.end()) {
                frame.names.push_back(name);
                frame.items.push_back(std::move(v));
            } else {
                frame.items[static_cast<std::size_t>(at - frame.names.begin())] = std::move(v);
            }
        }
        return frame;
    }
    std::vector<std::string> names;
    std::vector<Value> args = arguments(e, data, names);
    if (e.word == "[[") {
        const auto at = places(args.at(1), args[0].items.size(), args[0].names);
        if (args[0].type == Value::Type::list) return args[0].items.at(at.at(0));
        return pick(args[0], at);
    }
    if (e.word == "[") {
        std::vector<Value> index;
        std::vector<bool> given;
        for (std::size_t i = 1; i < e.args.size(); ++i) {
            if (names[i] == "drop") continue;
            index.push_back(args[i]);
            given.push_back(e.args[i].value != nullptr);
        }
        if (index.empty()) return args[0];
        return subset_r(args[0], index, given);
    }
    return apply_r(e.word, args, names);
}

void Workspace::assign(const Expr& target, Value v, const Value* data) {
    if (target.kind == Expr::Kind::name || target.kind == Expr::Kind::text) {
        known_[target.word] = std::move(v);
        return;
    }
    if (target.word != "$" && target.word != "[" && target.word != "[[" && target.word != "names" &&
        target.word != "diag" && target.word != "dimnames" && target.word != "rownames" &&
        target.word != "colnames" && target.word != "levels")
        refuse(fmt::format("assignment to {}", deparse(target)));
    const Expr& owner = *target.args.at(0).value;
    Value x = eval(owner, data);
    if (target.word == "$" || target.word == "[[") {
        const std::string name =
            target.word == "$" ? target.args[1].value->word : eval(*target.args[1].value, data).str.at(0);
        const auto at = std::find(x.names.begin(), x.names.end(), name);
        const std::size_t n = x.height();
        if (x.is_frame() && !v.is_null() && v.height() < n) {
            std::vector<std::size_t> again(n);
            for (std::size_t i = 0; i < n; ++i)
                again[i] = i % v.height();
            v = pick(v, again);
        }
        const auto k = static_cast<std::ptrdiff_t>(at - x.names.begin());
        if (at == x.names.end()) {
            x.names.push_back(name);
            x.items.push_back(std::move(v));
        } else if (v.is_null()) {
            x.names.erase(at);
            x.items.erase(x.items.begin() + k);
        } else {
            x.items[static_cast<std::size_t>(k)] = std::move(v);
        }
    } else if (target.word == "names") {
        x.names = v.str;
    } else if (target.word == "levels") {
        x.levels = v.str;
    } else if (target.word == "colnames") {
        (x.is_frame() ? x.names : x.column_names) = v.str;
    } else if (target.word == "dimnames" || target.word == "rownames") {
        // Names of rows name states when printed: no figure depends on them.
    } else if (target.word == "diag") {
        for (std::size_t i = 0; i < x.rows; ++i)
            x.num[i * x.rows + i] = v.num[i % v.num.size()];
    } else {
        std::vector<std::size_t> rows(x.height()), cells;
        if (target.args.size() == 2) {
            cells = places(eval(*target.args[1].value, data), x.size(), x.names);
        } else {
            const auto all = [](std::size_t n) {
                std::vector<std::size_t> out(n);
                std::iota(out.begin(), out.end(), std::size_t{0});
                return out;
            };
            rows = target.args[1].value ? places(eval(*target.args[1].value, data), x.height(), {})
                                        : all(x.height());
            const std::size_t width = x.is_frame() ? x.items.size() : x.columns;
            const auto columns = target.args[2].value ? places(eval(*target.args[2].value, data), width,
                                                               x.is_frame() ? x.names : x.column_names)
                                                      : all(width);
            if (x.is_frame()) {
                for (const auto c : columns)
                    for (std::size_t i = 0; i < rows.size(); ++i)
                        x.items[c].num.at(rows[i]) = v.num[i % v.num.size()];
                assign(owner, std::move(x), data);
                return;
            }
            for (const auto c : columns)
                for (const auto r : rows)
                    cells.push_back(c * x.rows + r);
        }
        if (!x.is_numeric() || !v.is_numeric() || v.num.empty())
            refuse("assignment into what is not numeric");
        if (v.type == Value::Type::number) x.type = Value::Type::number;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (cells[i] >= x.num.size()) x.num.resize(cells[i] + 1, kMissing);
            x.num[cells[i]] = v.num[i % v.num.size()];
        }
    }
    assign(owner, std::move(x), data);
}

}  // namespace bellwether::msm

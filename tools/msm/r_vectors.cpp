#include "r_vectors.hpp"

#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace bellwether::msm {
namespace {

std::string key_of(const Value& v, std::size_t i) {
    return v.type == Value::Type::text ? v.str[i] : fmt::format("{}", v.num[i]);
}

}  // namespace

Value combine(const Args& args, const Names& names) {
    Value out;
    bool any_list = false, any_text = false, any_number = false, named = false;
    for (const auto& a : args) {
        any_list = any_list || a.type == Value::Type::list || a.type == Value::Type::formula;
        any_text = any_text || a.type == Value::Type::text;
        any_number = any_number || a.type == Value::Type::number;
    }
    for (const auto& n : names)
        named = named || !n.empty();
    if (any_list) {
        out.type = Value::Type::list;
        for (std::size_t i = 0; i < args.size(); ++i) {
            if (args[i].type == Value::Type::list && args[i].of_class.empty()) {
                out.items.insert(out.items.end(), args[i].items.begin(), args[i].items.end());
                out.names.insert(out.names.end(), args[i].names.begin(), args[i].names.end());
            } else if (!args[i].is_null()) {
                out.items.push_back(args[i]);
                out.names.push_back(names[i]);
            }
        }
        return out;
    }
    out.type = any_text       ? Value::Type::text
               : any_number   ? Value::Type::number
               : args.empty() ? Value::Type::null
                              : Value::Type::logical;
    for (std::size_t a = 0; a < args.size(); ++a) {
        for (std::size_t i = 0; i < args[a].size(); ++i) {
            if (any_text)
                out.str.push_back(key_of(args[a], i));
            else
                out.num.push_back(args[a].num[i]);
            if (named) out.names.push_back(names[a]);
        }
    }
    return out;
}

Value bind(const Args& all, const Names& all_names, bool by_row) {
    Args args;
    Names names;
    std::size_t length = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].is_null()) continue;
        args.push_back(all[i]);
        names.push_back(all_names[i]);
        length =
            std::max(length, all[i].is_matrix() ? (by_row ? all[i].columns : all[i].rows) : all[i].size());
    }
    std::vector<std::vector<double>> lines;
    Value out = Value::numbers({});
    for (std::size_t a = 0; a < args.size(); ++a) {
        const Value& v = args[a];
        if (v.is_frame() || !v.is_numeric()) refuse("rbind and cbind of what is not numeric");
        const std::size_t count = v.is_matrix() ? (by_row ? v.rows : v.columns) : 1;
        for (std::size_t k = 0; k < count; ++k) {
            std::vector<double> line(length);
            for (std::size_t i = 0; i < length; ++i)
                line[i] = v.is_matrix() ? (by_row ? v.at(k, i) : v.at(i, k)) : v.num[i % v.num.size()];
            lines.push_back(std::move(line));
            out.column_names.push_back(!v.is_matrix()              ? names[a]
                                       : k < v.column_names.size() ? v.column_names[k]
                                                                   : "");
        }
    }
    if (by_row) out.column_names.clear();
    out.rows = by_row ? lines.size() : length;
    out.columns = by_row ? length : lines.size();
    out.num.resize(out.rows * out.columns);
    for (std::size_t k = 0; k < lines.size(); ++k)
        for (std::size_t i = 0; i < length; ++i)
            out.num[by_row ? i * out.rows + k : k * out.rows + i] = lines[k][i];
    return out;
}

Value matrix(const Args& args, const Names& names) {
    const Matched m("matrix", args, names, {"data", "nrow", "ncol", "byrow", "dimnames"});
    const Value cells = m["data"] != nullptr ? *m["data"] : Value::of(kMissing);
    const auto n = static_cast<double>(cells.num.size());
    double rows = m.number("nrow", -1), columns = m.number("ncol", -1);
    if (rows < 0 && columns < 0) {
        rows = n;
        columns = 1;
    }
    if (rows < 0) rows = std::ceil(n / columns);
    if (columns < 0) columns = std::ceil(n / rows);
    Value out = Value::numbers({});
    out.rows = static_cast<std::size_t>(rows);
    out.columns = static_cast<std::size_t>(columns);
    const bool by_row = m.number("byrow", 0) != 0.0;
    for (std::size_t c = 0; c < out.columns; ++c)
        for (std::size_t r = 0; r < out.rows; ++r) {
            const std::size_t k = by_row ? r * out.columns + c : c * out.rows + r;
            out.num.push_back(cells.num.empty() ? kMissing : cells.num[k % cells.num.size()]);
        }
    return out;
}

Value repeat(const Args& args, const Names& names) {
    const Matched m("rep", args, names, {"x", "times", "each", "length.out"});
    const Value& x = *m["x"];
    std::vector<std::size_t> order;
    const auto each = static_cast<std::size_t>(m.number("each", 1));
    for (std::size_t i = 0; i < x.size(); ++i)
        order.insert(order.end(), each, i);
    if (const Value* times = m["times"];
        times != nullptr && times->num.size() == order.size() && order.size() > 1) {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < order.size(); ++i)
            out.insert(out.end(), static_cast<std::size_t>(times->num[i]), order[i]);
        return pick(x, out);
    }
    const auto once = order;
    const auto times = static_cast<std::size_t>(m.number("times", 1));
    const bool cut = m["length.out"] != nullptr;
    const std::size_t length =
        cut ? static_cast<std::size_t>(m.number("length.out", 0)) : once.size() * times;
    order.resize(length);
    for (std::size_t i = 0; i < length; ++i)
        order[i] = once[i % once.size()];
    return pick(x, order);
}

Value sequence(const Args& args, const Names& names) {
    const Matched m("seq", args, names, {"from", "to", "by", "length.out"});
    double from = m.number("from", 1), to = m.number("to", 1), by = m.number("by", 1);
    if (m["to"] == nullptr && m["length.out"] == nullptr) {
        to = m["from"]->size() > 1 ? static_cast<double>(m["from"]->size()) : from;
        from = 1;
    }
    const double length = m.number("length.out", -1);
    if (length > 0 && m["by"] == nullptr && m["to"] != nullptr)
        by = length > 1 ? (to - from) / (length - 1) : 0;
    else if (m["by"] == nullptr && to < from)
        by = -1;
    const double count = length >= 0 ? length : std::floor((to - from) / by + 1e-10) + 1;
    std::vector<double> out;
    for (double i = 0; i < count; ++i)
        out.push_back(from + i * by);
    return Value::numbers(out);
}

Value factor(const Args& args, const Names& names) {
    const Matched m("factor", args, names, {"x", "levels", "labels"});
    const Value& x = *m["x"];
    Value out = Value::numbers({});
    Names keys;
    if (const Value* levels = m["levels"]) {
        for (std::size_t i = 0; i < levels->size(); ++i)
            keys.push_back(key_of(*levels, i));
    } else if (x.is_factor()) {
        for (std::size_t l = 0; l < x.levels.size(); ++l)
            if (std::find(x.num.begin(), x.num.end(), static_cast<double>(l + 1)) != x.num.end())
                keys.push_back(x.levels[l]);
    } else if (x.type == Value::Type::text) {
        const std::set<std::string> sorted(x.str.begin(), x.str.end());
        for (const auto& k : sorted)
            if (k != "NA") keys.push_back(k);
    } else {
        std::set<double> sorted;
        for (const double v : x.num)
            if (!missing(v)) sorted.insert(v);
        for (const double v : sorted)
            keys.push_back(x.type == Value::Type::logical ? (v != 0 ? "TRUE" : "FALSE")
                                                          : fmt::format("{}", v));
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        std::string key;
        if (x.is_factor())
            key = missing(x.num[i]) ? "NA" : x.levels[static_cast<std::size_t>(x.num[i]) - 1];
        else if (x.type == Value::Type::logical)
            key = missing(x.num[i]) ? "NA" : x.num[i] != 0 ? "TRUE" : "FALSE";
        else
            key = key_of(x, i);
        const auto at = std::find(keys.begin(), keys.end(), key);
        out.num.push_back(at == keys.end() ? kMissing : static_cast<double>(at - keys.begin()) + 1.0);
    }
    out.levels = keys;
    if (const Value* labels = m["labels"]) {
        out.levels.clear();
        for (std::size_t i = 0; i < labels->size(); ++i)
            out.levels.push_back(key_of(*labels, i));
    }
    return out;
}

Value as_number(const Value& x) {
    Value out = x;
    out.type = Value::Type::number;
    out.levels.clear();
    if (x.type != Value::Type::text) return out;
    out.num.clear();
    for (const auto& s : x.str)
        out.num.push_back(s == "NA" ? kMissing : std::stod(s));
    out.str.clear();
    return out;
}

Value as_text(const Value& x) {
    Names out;
    for (std::size_t i = 0; i < x.size(); ++i)
        out.push_back(x.type != Value::Type::text && missing(x.num[i]) ? "NA"
                      : x.is_factor() ? x.levels[static_cast<std::size_t>(x.num[i]) - 1]
                                      : key_of(x, i));
    return Value::words(out);
}

Value duplicated(const Args& args, const Names& names) {
    const Matched m("duplicated", args, names, {"x", "fromLast"});
    const Value& x = *m["x"];
    std::vector<double> out(x.size(), 0.0);
    std::set<std::string> seen;
    const bool back = m.number("fromLast", 0) != 0.0;
    for (std::size_t k = 0; k < x.size(); ++k) {
        const std::size_t i = back ? x.size() - 1 - k : k;
        out[i] = seen.insert(key_of(x, i)).second ? 0.0 : 1.0;
    }
    return Value::logicals(out);
}

Value if_else(const Args& args, const Names& names) {
    const Matched m("ifelse", args, names, {"test", "yes", "no"});
    const Value &test = *m["test"], &yes = *m["yes"], &no = *m["no"];
    if (yes.type == Value::Type::text || no.type == Value::Type::text) {
        Names out;
        for (std::size_t i = 0; i < test.num.size(); ++i) {
            const Value& from = test.num[i] != 0.0 ? yes : no;
            out.push_back(missing(test.num[i]) ? "NA" : key_of(from, i % from.size()));
        }
        return Value::words(out);
    }
    std::vector<double> out;
    for (std::size_t i = 0; i < test.num.size(); ++i) {
        const double t = test.num[i];
        out.push_back(missing(t) ? kMissing
                      : t != 0.0 ? yes.num.at(i % yes.num.size())
                                 : no.num.at(i % no.num.size()));
    }
    Value v = Value::numbers(out);
    if (yes.type == Value::Type::logical && no.type == Value::Type::logical) v.type = Value::Type::logical;
    return v;
}

Value order_of(const Args& keys) {
    std::vector<std::size_t> order(keys.at(0).size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        for (const Value& k : keys) {
            if (k.type == Value::Type::text) {
                if (k.str[a] != k.str[b]) return k.str[a] < k.str[b];
            } else if (missing(k.num[a]) != missing(k.num[b])) {
                return missing(k.num[b]);
            } else if (k.num[a] != k.num[b] && !missing(k.num[a])) {
                return k.num[a] < k.num[b];
            }
        }
        return false;
    });
    std::vector<double> out;
    for (const std::size_t i : order)
        out.push_back(static_cast<double>(i + 1));
    return Value::numbers(out);
}

Value paste(const std::string& f, const Args& args, const Names& names) {
    std::string between = f == "paste" ? " " : "";
    std::vector<Names> parts;
    std::size_t length = 0;
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (names[i] == "sep") {
            between = args[i].str.at(0);
            continue;
        }
        parts.push_back(as_text(args[i]).str);
        length = std::max(length, parts.back().size());
    }
    Names out(length);
    for (std::size_t k = 0; k < length; ++k)
        for (std::size_t i = 0; i < parts.size(); ++i)
            out[k] += (i > 0 ? between : "") + parts[i].at(k % parts[i].size());
    return Value::words(out);
}

Value relevel(const Args& args, const Names& names) {
    const Matched m("relevel", args, names, {"x", "ref"});
    Value out = *m["x"];
    const auto at = std::find(out.levels.begin(), out.levels.end(), m["ref"]->str.at(0));
    if (at == out.levels.end()) refuse(fmt::format("relevel: no level '{}'", m["ref"]->str[0]));
    const double first = static_cast<double>(at - out.levels.begin()) + 1.0;
    std::rotate(out.levels.begin(), at, at + 1);
    for (double& code : out.num)
        code = code == first ? 1.0 : code < first ? code + 1.0 : code;
    return out;
}

/// Intervals open on the left, unless right = FALSE.
Value cut(const Args& args, const Names& names) {
    const Matched m("cut", args, names, {"x", "breaks", "labels", "include.lowest", "right"});
    const std::vector<double>& at = m["breaks"]->num;
    if (at.size() < 2) refuse("cut() into a number of intervals");
    const bool right = m.number("right", 1) != 0.0, lowest = m.number("include.lowest", 0) != 0.0;
    Value out = Value::numbers({});
    for (const double x : m["x"]->num) {
        double code = kMissing;
        for (std::size_t k = 0; k + 1 < at.size(); ++k) {
            const bool inside = right ? x > at[k] && x <= at[k + 1] : x >= at[k] && x < at[k + 1];
            const bool edge = lowest && (right ? k == 0 && x == at[0] : k + 2 == at.size() && x == at[k + 1]);
            if (inside || edge) code = static_cast<double>(k + 1);
        }
        out.num.push_back(code);
    }
    const Value* labels = m["labels"];
    if (labels != nullptr && labels->type == Value::Type::logical) return out;  // labels = FALSE: codes
    for (std::size_t k = 0; k + 1 < at.size(); ++k)
        out.levels.push_back(labels != nullptr ? labels->str.at(k)
                             : right           ? fmt::format("({:.3g},{:.3g}]", at[k], at[k + 1])
                                               : fmt::format("[{:.3g},{:.3g})", at[k], at[k + 1]));
    return out;
}

Value one_by_one(const Value& x, double (*f)(double)) {
    Value out = x;
    out.type = Value::Type::number;
    for (auto& v : out.num)
        v = missing(v) ? v : f(v);
    return out;
}

Value fold(const std::string& f, const Args& args, const Names& names) {
    bool skip = false;
    std::vector<double> all;
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (names[i] == "na.rm")
            skip = args[i].num.at(0) != 0.0;
        else
            all.insert(all.end(), args[i].num.begin(), args[i].num.end());
    }
    if (skip) all.erase(std::remove_if(all.begin(), all.end(), missing), all.end());
    if (f == "any")
        return Value::logicals(
            {std::any_of(all.begin(), all.end(), [](double x) { return x != 0.0 && !missing(x); }) ? 1.0
                                                                                                   : 0.0});
    if (f == "all")
        return Value::logicals(
            {std::all_of(all.begin(), all.end(), [](double x) { return x != 0.0; }) ? 1.0 : 0.0});
    if (std::any_of(all.begin(), all.end(), missing)) return Value::of(kMissing);
    if (f == "min") return Value::of(*std::min_element(all.begin(), all.end()));
    if (f == "max") return Value::of(*std::max_element(all.begin(), all.end()));
    const double total = std::accumulate(all.begin(), all.end(), 0.0);
    if (f == "sum") return Value::of(total);
    const double mean = total / static_cast<double>(all.size());
    if (f == "mean") return Value::of(mean);
    double square = 0.0;
    for (const double x : all)
        square += (x - mean) * (x - mean);
    const double variance = square / (static_cast<double>(all.size()) - 1.0);
    return Value::of(f == "sd" ? std::sqrt(variance) : variance);
}

Value parallel(const std::string& f, const Args& args) {
    Value out = args.at(0);
    for (std::size_t a = 1; a < args.size(); ++a) {
        const auto n = std::max(out.num.size(), args[a].num.size());
        std::vector<double> x(n);
        for (std::size_t i = 0; i < n; ++i) {
            const double u = out.num[i % out.num.size()], v = args[a].num[i % args[a].num.size()];
            x[i] = missing(u) || missing(v) ? kMissing : f == "pmin" ? std::min(u, v) : std::max(u, v);
        }
        out = Value::numbers(x);
    }
    return out;
}

}  // namespace bellwether::msm

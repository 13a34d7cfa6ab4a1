#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "r_vectors.hpp"

namespace bellwether::msm {
namespace {

const std::map<std::string, Names>& families() {
    // Argument names of msm's constructors, in their order [Jackson2011].
    static const std::map<std::string, Names> known{
        {"hmmCat", {"prob", "basecat"}},
        {"hmmIdent", {"x"}},
        {"hmmUnif", {"lower", "upper"}},
        {"hmmNorm", {"mean", "sd"}},
        {"hmmLNorm", {"meanlog", "sdlog"}},
        {"hmmExp", {"rate"}},
        {"hmmGamma", {"shape", "rate"}},
        {"hmmWeibull", {"shape", "scale"}},
        {"hmmPois", {"rate"}},
        {"hmmBinom", {"size", "prob"}},
        {"hmmBetaBinom", {"size", "meanp", "sdp"}},
        {"hmmTNorm", {"mean", "sd", "lower", "upper"}},
        {"hmmMETNorm", {"mean", "sd", "lower", "upper", "sderr", "meanerr"}},
        {"hmmMEUnif", {"lower", "upper", "sderr", "meanerr"}},
        {"hmmNBinom", {"disp", "prob"}},
        {"hmmBeta", {"shape1", "shape2"}},
        {"hmmT", {"mean", "scale", "df"}}};
    return known;
}

/// A list of class "hmm": items = arguments that were given (with msm's defaults), str[0] = the constructor.
Value family(const std::string& f, const Args& args, const Names& names) {
    const Names& formals = families().at(f);
    const Matched m(f, args, names, formals);
    Value out;
    out.type = Value::Type::list;
    out.of_class = "hmm";
    out.str = {f};
    for (const auto& formal : formals) {
        const Value* v = m[formal];
        Value otherwise;
        if (formal == "meanerr") otherwise = Value::of(0.0);
        if (f == "hmmTNorm" && formal == "lower") otherwise = Value::of(-INFINITY);
        if (f == "hmmTNorm" && formal == "upper") otherwise = Value::of(INFINITY);
        if (v == nullptr && otherwise.is_null() && formal != "basecat" && formal != "x")
            refuse(fmt::format("{} lacks {}", f, formal));
        out.names.push_back(formal);
        out.items.push_back(v != nullptr ? *v : otherwise);
    }
    return out;
}

}  // namespace

Value operate(const std::string& op, const Value& a, const Value& b) {
    if (a.type == Value::Type::text || b.type == Value::Type::text || a.is_factor() || b.is_factor()) {
        if (op != "==" && op != "!=" && op != "%in%") refuse(fmt::format("{} on text", op));
        const Value u = as_text(a), v = as_text(b);
        std::vector<double> out;
        const auto n = op == "%in%" ? u.size() : std::max(u.size(), v.size());
        for (std::size_t i = 0; i < n; ++i) {
            const auto& x = u.str[i % u.size()];
            const auto& y = v.str[i % v.size()];
            const bool same = op == "%in%" ? std::find(v.str.begin(), v.str.end(), x) != v.str.end() : x == y;
            const bool unknown = op != "%in%" && (x == "NA" || y == "NA");
            out.push_back(unknown ? kMissing : same == (op != "!=") ? 1.0 : 0.0);
        }
        return Value::logicals(out);
    }
    Value out = a.num.size() >= b.num.size() ? a : b;
    if (op == "%in%") {
        out = a;
        for (std::size_t i = 0; i < a.num.size(); ++i)
            out.num[i] =
                std::any_of(b.num.begin(), b.num.end(),
                            [&](double x) { return x == a.num[i] || (missing(x) && missing(a.num[i])); })
                    ? 1.0
                    : 0.0;
        out.type = Value::Type::logical;
        return out;
    }
    if (a.num.empty() || b.num.empty()) return Value::numbers({});
    const auto apply = [&](auto f, bool logical) {
        for (std::size_t i = 0; i < out.num.size(); ++i) {
            const double x = a.num[i % a.num.size()], y = b.num[i % b.num.size()];
            out.num[i] = missing(x) || missing(y) ? kMissing : static_cast<double>(f(x, y));
        }
        out.type = logical ? Value::Type::logical : Value::Type::number;
        return out;
    };
    if (op == "+") return apply([](double x, double y) { return x + y; }, false);
    if (op == "-") return apply([](double x, double y) { return x - y; }, false);
    if (op == "*") return apply([](double x, double y) { return x * y; }, false);
    if (op == "/") return apply([](double x, double y) { return x / y; }, false);
    if (op == "^") return apply([](double x, double y) { return std::pow(x, y); }, false);
    if (op == "%%") return apply([](double x, double y) { return x - std::floor(x / y) * y; }, false);
    if (op == "%/%") return apply([](double x, double y) { return std::floor(x / y); }, false);
    if (op == "==") return apply([](double x, double y) { return x == y; }, true);
    if (op == "!=") return apply([](double x, double y) { return x != y; }, true);
    if (op == "<") return apply([](double x, double y) { return x < y; }, true);
    if (op == ">") return apply([](double x, double y) { return x > y; }, true);
    if (op == "<=") return apply([](double x, double y) { return x <= y; }, true);
    if (op == ">=") return apply([](double x, double y) { return x >= y; }, true);
    const bool is_and = op == "&" || op == "&&";
    if (!is_and && op != "|" && op != "||") refuse(fmt::format("unknown operator '{}'", op));
    for (std::size_t i = 0; i < out.num.size(); ++i) {
        const double x = a.num[i % a.num.size()], y = b.num[i % b.num.size()], decides = is_and ? 0.0 : 1.0;
        const bool decided = (!missing(x) && (x != 0.0) == (decides != 0.0)) ||
                             (!missing(y) && (y != 0.0) == (decides != 0.0));
        out.num[i] = decided ? decides : missing(x) || missing(y) ? kMissing : 1.0 - decides;
    }
    out.type = Value::Type::logical;
    return out;
}

Value apply_r(const std::string& f, const Args& args, const Names& names) {
    const auto need = [&](std::size_t n) {
        if (args.size() < n) refuse(fmt::format("{} lacks an argument", f));
    };
    if (families().count(f) > 0) return family(f, args, names);
    if (f == "c") return combine(args, names);
    if (f == "list" || f == "hmmMV" || f == "data.frame") {
        Value out;
        out.type = Value::Type::list;
        out.items = args;
        out.names = names;
        if (f == "hmmMV") out.of_class = f;
        if (f == "data.frame") out.of_class = f;
        return out;
    }
    if (f == "rbind" || f == "cbind") return bind(args, names, f == "rbind");
    if (f == "matrix") return matrix(args, names);
    if (f == "factor") return factor(args, names);
    if (f == "ifelse") return if_else(args, names);
    if (f == "any" || f == "all" || f == "min" || f == "max" || f == "sum" || f == "mean" || f == "sd" ||
        f == "var")
        return fold(f, args, names);
    need(1);
    const Value& x = args[0];
    if (f == "rep") return repeat(args, names);
    if (f == "seq") return sequence(args, names);
    if (f == "duplicated") return duplicated(args, names);
    if (f == "pmin" || f == "pmax") return parallel(f, args);
    if (f == "as.numeric" || f == "as.integer" || f == "as.double") {
        Value out = as_number(x);
        out.rows = out.columns = 0;
        if (f == "as.integer") out = one_by_one(out, [](double v) { return std::trunc(v); });
        return out;
    }
    if (f == "as.character") return as_text(x);
    if (f == "as.logical") {
        Value out = as_number(x);
        for (auto& v : out.num)
            v = missing(v) ? v : v != 0.0 ? 1.0 : 0.0;
        out.type = Value::Type::logical;
        return out;
    }
    if (f == "as.factor") return x.is_factor() ? x : factor(args, names);
    if (f == "seq_len" || f == "seq_along") {
        std::vector<double> out(f == "seq_len" ? static_cast<std::size_t>(x.num.at(0)) : x.size());
        std::iota(out.begin(), out.end(), 1.0);
        return Value::numbers(out);
    }
    if (f == "nrow") return Value::of(static_cast<double>(x.height()));
    if (f == "ncol") return Value::of(static_cast<double>(x.is_frame() ? x.items.size() : x.columns));
    if (f == "length") return Value::of(static_cast<double>(x.size()));
    if (f == "names") return Value::words(x.names);
    if (f == "I" || f == "identity" || f == "invisible") return x;
    if (f == "is.na") {
        Value out = x;
        out.type = Value::Type::logical;
        if (x.type == Value::Type::text) {
            out.num.clear();
            for (const auto& s : x.str)
                out.num.push_back(s == "NA" ? 1.0 : 0.0);
            out.str.clear();
        } else {
            for (auto& v : out.num)
                v = missing(v) ? 1.0 : 0.0;
        }
        out.levels.clear();
        return out;
    }
    if (f == "levels") return Value::words(x.levels);
    if (f == "nlevels") return Value::of(static_cast<double>(x.levels.size()));
    if (f == "rev") {
        std::vector<std::size_t> order(x.size());
        std::iota(order.rbegin(), order.rend(), std::size_t{0});
        return pick(x, order);
    }
    if (f == "cumsum") {
        Value out = Value::numbers(x.num);
        std::partial_sum(out.num.begin(), out.num.end(), out.num.begin());
        return out;
    }
    if (f == "order") return order_of(args);
    if (f == "paste" || f == "paste0") return paste(f, args, names);
    if (f == "relevel") return relevel(args, names);
    if (f == "cut") return cut(args, names);
    if (f == "is.finite") {
        Value out = Value::logicals(x.num);
        for (auto& v : out.num)
            v = std::isfinite(v) ? 1.0 : 0.0;
        return out;
    }
    if (f == "which") {
        std::vector<double> out;
        for (std::size_t i = 0; i < x.num.size(); ++i)
            if (!missing(x.num[i]) && x.num[i] != 0.0) out.push_back(static_cast<double>(i + 1));
        return Value::numbers(out);
    }
    if (f == "unique") {
        const Value twice = duplicated({x}, {""});
        std::vector<std::size_t> keep;
        for (std::size_t i = 0; i < x.size(); ++i)
            if (twice.num[i] == 0.0) keep.push_back(i);
        return pick(x, keep);
    }
    if (f == "diag") {
        if (x.is_matrix()) {
            std::vector<double> out;
            for (std::size_t i = 0; i < std::min(x.rows, x.columns); ++i)
                out.push_back(x.at(i, i));
            return Value::numbers(out);
        }
        const auto n = x.num.size() == 1 ? static_cast<std::size_t>(x.num[0]) : x.num.size();
        Value out = Value::numbers(std::vector<double>(n * n, 0.0));
        out.rows = out.columns = n;
        for (std::size_t i = 0; i < n; ++i)
            out.num[i * n + i] = x.num.size() == 1 ? 1.0 : x.num[i];
        return out;
    }
    if (f == "t") {
        Value out = x;
        std::swap(out.rows, out.columns);
        for (std::size_t r = 0; r < x.rows; ++r)
            for (std::size_t c = 0; c < x.columns; ++c)
                out.num[r * out.rows + c] = x.at(r, c);
        return out;
    }
    if (f == "round") {
        const double scale = std::pow(10.0, args.size() > 1 ? args[1].num.at(0) : 0.0);
        Value out = x;
        for (auto& v : out.num)
            v = std::nearbyint(v * scale) / scale;
        return out;
    }
    if (f == "log" && args.size() == 1) return one_by_one(x, [](double v) { return std::log(v); });
    if (f == "log1p") return one_by_one(x, [](double v) { return std::log1p(v); });
    if (f == "log2") return one_by_one(x, [](double v) { return std::log2(v); });
    if (f == "log10") return one_by_one(x, [](double v) { return std::log10(v); });
    if (f == "exp") return one_by_one(x, [](double v) { return std::exp(v); });
    if (f == "sqrt") return one_by_one(x, [](double v) { return std::sqrt(v); });
    if (f == "abs") return one_by_one(x, [](double v) { return std::fabs(v); });
    if (f == "floor") return one_by_one(x, [](double v) { return std::floor(v); });
    if (f == "ceiling") return one_by_one(x, [](double v) { return std::ceil(v); });
    if (f == "!") {
        Value out = one_by_one(x, [](double v) { return v == 0.0 ? 1.0 : 0.0; });
        out.type = Value::Type::logical;
        return out;
    }
    if ((f == "-" || f == "+") && args.size() == 1)
        return f == "+" ? x : one_by_one(x, [](double v) { return -v; });
    if (args.size() == 2 && (f == "rep_len")) return repeat({args[0], args[1]}, {"x", "length.out"});
    if (f == ":" && args.size() == 2) return sequence(args, {"from", "to"});
    static const std::set<std::string> operators{"+",  "-",  "*", "/",  "^", "==", "!=",   "<",  ">",
                                                 "<=", ">=", "&", "&&", "|", "||", "%in%", "%%", "%/%"};
    if (operators.count(f) > 0 && args.size() == 2) return operate(f, args[0], args[1]);
    refuse(fmt::format("unknown function '{}'", f));
}

}  // namespace bellwether::msm

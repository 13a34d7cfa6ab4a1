#include "design.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

namespace bellwether::msm {
namespace {

using Term = std::vector<ExprPtr>;  ///< parts that are multiplied

const Expr& right_side(const Value& formula) {
    if (formula.type != Value::Type::formula) throw Error("P003", "a formula was expected");
    return *formula.formula->args.back().value;
}

bool same_term(const Term& a, const Term& b) {
    return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const ExprPtr& x) {
               return std::any_of(b.begin(), b.end(),
                                  [&](const ExprPtr& y) { return deparse(*x) == deparse(*y); });
           });
}

void add(std::vector<Term>& terms, Term term) {
    if (std::none_of(terms.begin(), terms.end(), [&](const Term& t) { return same_term(t, term); }))
        terms.push_back(std::move(term));
}

std::vector<Term> terms_of(const ExprPtr& e) {
    if (e->kind == Expr::Kind::number) return {};  // the intercept
    if (e->kind == Expr::Kind::call && e->args.size() == 2 &&
        (e->word == "+" || e->word == "*" || e->word == ":")) {
        const auto left = terms_of(e->args[0].value), right = terms_of(e->args[1].value);
        std::vector<Term> out;
        if (e->word != ":") {
            for (const auto& t : left)
                add(out, t);
            for (const auto& t : right)
                add(out, t);
        }
        if (e->word != "+")
            for (const auto& a : left)
                for (const auto& b : right) {
                    Term both = a;
                    both.insert(both.end(), b.begin(), b.end());
                    add(out, both);
                }
        return out;
    }
    if (e->kind == Expr::Kind::call && e->word == "(") return terms_of(e->args[0].value);
    if (e->kind == Expr::Kind::call && e->args.size() == 2 && e->word == "-")
        return terms_of(e->args[0].value);
    return {{e}};
}

std::vector<Column> columns_of(Workspace& workspace, const ExprPtr& part, const Value& data) {
    const Value v = workspace.eval(*part, &data);
    const std::string name = deparse(*part);
    std::vector<Column> out;
    if (v.is_factor()) {
        for (std::size_t level = 1; level < v.levels.size(); ++level) {
            Column c{name + v.levels[level], name, {}};
            for (const double code : v.num)
                c.values.push_back(missing(code)                            ? kMissing
                                   : code == static_cast<double>(level + 1) ? 1.0
                                                                            : 0.0);
            out.push_back(std::move(c));
        }
        return out;
    }
    if (!v.is_numeric()) throw Error("P003", fmt::format("the term '{}' is not numeric", name));
    out.push_back({v.type == Value::Type::logical ? name + "TRUE" : name, name, v.num});
    return out;
}

}  // namespace

std::vector<Column> design(Workspace& workspace, const Value& formula, const Value& data) {
    (void)right_side(formula);
    std::vector<Term> terms = terms_of(formula.formula->args.back().value);
    std::stable_sort(terms.begin(), terms.end(),
                     [](const Term& a, const Term& b) { return a.size() < b.size(); });
    std::vector<Column> out;
    for (const Term& term : terms) {
        std::vector<Column> product;
        for (const ExprPtr& part : term) {
            const std::vector<Column> next = columns_of(workspace, part, data);
            if (product.empty()) {
                product = next;
                continue;
            }
            std::vector<Column> both;
            for (const Column& b : next)  // the first factor varies fastest
                for (const Column& a : product) {
                    Column c{a.name + ":" + b.name, a.term + ":" + b.term, a.values};
                    for (std::size_t i = 0; i < c.values.size(); ++i)
                        c.values[i] *= b.values[i];
                    both.push_back(std::move(c));
                }
            product = std::move(both);
        }
        out.insert(out.end(), product.begin(), product.end());
    }
    return out;
}

std::vector<std::string> variables(const Value& formula, const Value& data) {
    std::vector<std::string> out;
    for (const std::string& name : all_names(right_side(formula)))
        if (data.find(name) != nullptr) out.push_back(name);
    return out;
}

}  // namespace bellwether::msm

#include "dimension.hpp"

#include <utility>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "quantity.hpp"

namespace bellwether::rulebook {

int Dimensions::emit(Node node) {
    out_.nodes.push_back(std::move(node));
    return static_cast<int>(out_.nodes.size()) - 1;
}

bool Dimensions::match(Operand& l, Operand& r, const Expr& e, Operand& out) {
    out.type = l.type;
    if (l.type != r.type) {
        Operand& number = l.type == ValueType::number ? l : r;
        if (number.constant && *number.constant == 0.0 && number.bare) {
            out.type = ValueType::duration;
            return true;
        }
        if (number.bare && number.constant) {
            report_.error("R016", number.at, fmt::format("{} against a duration", shortest(*number.constant)),
                          fmt::format("write {}d", shortest(*number.constant)));
        } else {
            report_.error("R018", e.op_at,
                          fmt::format("a duration and a number on the sides of '{}'", spelling(e.kind)),
                          "divide the duration by 1d to make a number of it");
        }
        return false;
    }
    if (l.type == ValueType::duration) return true;
    if (l.bare != r.bare) {
        Operand& other = l.bare ? r : l;
        if (other.constant) plain_share(other, e);  // 20% beside 0.1: a share is a plain number
        if (!bare_fits(l.bare ? l : r, other)) return false;
    }
    if (l.bare != r.bare) {
        out.unit = l.bare ? r.unit : l.unit;
        return true;
    }
    // A constant is converted to what stands beside it, else the right side to the left.
    const bool left_moves = l.constant && !r.constant;
    Operand& mover = left_moves ? l : r;
    const Operand& stays = left_moves ? r : l;
    out.unit = stays.unit;
    return convert(mover, stays.unit, e);
}

bool Dimensions::bare_fits(const Operand& bare, const Operand& other) {
    if (other.unit == "1" || (bare.constant && *bare.constant == 0.0)) return true;
    const std::string wanted = bare.constant ? fmt::format("write {}{}{}", shortest(*bare.constant),
                                                           other.unit == "%" ? "" : " ", other.unit)
                                             : fmt::format("write its numbers in {}", other.unit);
    report_.error("R016", bare.at,
                  fmt::format("{} without a unit against a quantity in {}",
                              bare.constant ? shortest(*bare.constant) : "a number", other.unit),
                  wanted);
    return false;
}

bool Dimensions::convert(Operand& x, const std::string& to, const Expr& e) {
    if (x.unit == to) return true;
    const auto k = factor(x.unit, to), back = factor(to, x.unit);
    if (!k || !back) {
        if (x.constant && !known_unit(x.unit)) {
            report_.error("R017", x.at, fmt::format("unknown unit '{}'", x.unit),
                          fmt::format("the other side is in {}", to));
        } else {
            report_.error("R015", e.op_at,
                          fmt::format("'{}' between a quantity in {} and one in {}", spelling(e.kind),
                                      x.at < e.op_at ? x.unit : to, x.at < e.op_at ? to : x.unit),
                          "both sides need units of one kind");
        }
        return false;
    }
    // Dividing by a whole number rounds once: 35% is exactly 0.35.
    const bool divide = *back >= 1.0;
    if (x.constant) {
        x.constant = divide ? *x.constant / *back : *x.constant * *k;
        out_.nodes[static_cast<std::size_t>(x.node)].number = *x.constant;
    } else {
        const int by = emit({Op::literal, -1, -1, divide ? *back : *k, ""});
        x.node = emit({divide ? Op::divide : Op::multiply, x.node, by, 0.0, ""});
    }
    x.unit = to;
    return true;
}

void Dimensions::plain_share(Operand& x, const Expr& e) {
    if (x.type == ValueType::number && x.unit != "1" && factor(x.unit, "1")) (void)convert(x, "1", e);
}

bool Dimensions::product(Operand& l, Operand& r, const Expr& e, Operand& out) {
    if (l.type == ValueType::duration) std::swap(l, r);  // the order of the factors does not matter from here
    if (r.type == ValueType::duration && l.type == ValueType::number) {
        if (const auto rate = without_per_day(l.unit)) {
            out.type = ValueType::number, out.unit = canonical(*rate);
            return true;
        }
        plain_share(l, e);
        out.type = ValueType::duration, out.unit = "1";
        if (l.unit == "1") return true;
    } else if (l.type == ValueType::number) {
        if (l.constant || r.unit != "1") plain_share(l, e);
        if (l.unit != "1") plain_share(r, e);
        out.type = ValueType::number, out.unit = l.unit == "1" ? r.unit : l.unit;
        if (l.unit == "1" || r.unit == "1") return true;
    }
    report_.error("R015", e.op_at, "a product of two quantities that both have units",
                  "one side must be a plain number");
    return false;
}

bool Dimensions::quotient(Operand& l, Operand& r, const Expr& e, Operand& out) {
    out.unit = "1";
    if (r.type == ValueType::duration) {
        out.type = ValueType::number;
        if (l.type == ValueType::number) out.unit = per_day(l.unit);
        return true;
    }
    out.type = l.type;
    if (l.type == ValueType::number && l.unit != "1" && factor(r.unit, l.unit) && r.unit != "1" &&
        !(r.bare)) {
        return convert(r, l.unit, e);
    }
    plain_share(r, e);
    if (r.unit == "1") {
        out.unit = l.unit;
        return true;
    }
    report_.error("R015", e.op_at, fmt::format("'/' between a quantity in {} and one in {}", l.unit, r.unit),
                  "divide by a plain number or by a quantity of the same kind");
    return false;
}

}  // namespace bellwether::rulebook

#include "track.hpp"

#include <algorithm>
#include <cmath>

#include "operand.hpp"

namespace bellwether::rulebook {
namespace {

constexpr unsigned char always_known = 1;

void add_once(std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

/// A number, or the side of it on which the truth lies.
struct Bounded {
    double value = 0.0;
    int bound = 0;
    bool known = true;
};
constexpr Bounded undetermined{0.0, 0, false};

int sign(double x) {
    return x > 0.0 ? 1 : x < 0.0 ? -1 : 0;
}

/// What is known of a result when operands are only bounded: bounds add up where they pull the same way,
/// scale with an exact factor, and are lost otherwise.
Bounded arithmetic(Op op, Bounded a, Bounded b) {
    const bool same_way = a.bound == 0 || b.bound == 0 || a.bound == b.bound;
    const bool against = a.bound == 0 || b.bound == 0 || a.bound == -b.bound;
    switch (op) {
        case Op::add:
            return same_way ? Bounded{a.value + b.value, a.bound ? a.bound : b.bound} : undetermined;
        case Op::subtract:
            return against ? Bounded{a.value - b.value, a.bound ? a.bound : -b.bound} : undetermined;
        case Op::multiply:
            if (a.bound && b.bound) return undetermined;
            return {a.value * b.value, a.bound ? a.bound * sign(b.value) : b.bound * sign(a.value)};
        case Op::divide:
            // A divisor that is only bounded may be near zero.
            return b.bound ? undetermined : Bounded{a.value / b.value, a.bound * sign(b.value)};
        default:
            return {-a.value, -a.bound};
    }
}

/// The comparison where both sides are exact; where they are not, only what the bound decides whatever the
/// truth is.
Bounded comparison(Op op, Bounded a, Bounded b) {
    if (a.bound == 0 && b.bound == 0) return {compare_numbers(op, a.value, b.value) ? 1.0 : 0.0};
    const Bounded d = arithmetic(Op::subtract, a, b);
    // The truth of a - b lies strictly on one side of d: is that side away from zero?
    const bool positive = d.known && d.bound > 0 && d.value >= 0.0;
    const bool negative = d.known && d.bound < 0 && d.value <= 0.0;
    if (!positive && !negative) return undetermined;
    return {compare_numbers(op, positive ? 1.0 : -1.0, 0.0) ? 1.0 : 0.0};
}

/// Strict: known where both operands are and the result is a finite number (so never after a division by
/// zero).
template <typename View, typename Buffer, typename F>
void strict(const View& a, const View& b, Buffer& out, std::size_t n, F f) {
    for (std::size_t i = 0; i < n; ++i) {
        const Bounded x = f(Bounded{a.value_at(i), a.bound_at(i)}, Bounded{b.value_at(i), b.bound_at(i)});
        out.value[i] = x.value;
        out.bound[i] = static_cast<signed char>(x.bound);
        out.known[i] = a.known_at(i) && b.known_at(i) && x.known && std::isfinite(x.value);
    }
}

/// Kleene: one side that is known to be `decisive` decides whatever the other is.
template <typename View, typename Buffer>
void kleene(const View& a, const View& b, Buffer& out, std::size_t n, bool decisive) {
    for (std::size_t i = 0; i < n; ++i) {
        const bool a_known = a.known_at(i), b_known = b.known_at(i);
        const bool decided = (a_known && (a.value_at(i) != 0.0) == decisive) ||
                             (b_known && (b.value_at(i) != 0.0) == decisive);
        out.known[i] = decided || (a_known && b_known);
        out.value[i] = (decided ? decisive : !decisive) ? 1.0 : 0.0;
        out.bound[i] = 0;
    }
}

}  // namespace

void Track::run(const Expression& expression, const Columns& columns, std::size_t n) {
    expression_ = &expression;
    columns_ = columns;
    const std::size_t nodes = expression.nodes.size();
    if (buffers_.size() < nodes) buffers_.resize(nodes);
    if (views_.size() < nodes) views_.resize(nodes);
    for (std::size_t index = 0; index < nodes; ++index) {
        node(index, n);
    }
}

void Track::node(std::size_t index, std::size_t n) {
    const Node& node = expression_->nodes[index];
    if (node.op == Op::literal) {
        views_[index] = {&node.number, &always_known, 0};
        return;
    }
    if (node.op == Op::call) {
        const FeatureColumn& column = columns_[node.a];
        views_[index] = {column.value.data(), column.known.data(), 1, column.bound.data()};
        return;
    }
    Buffer& out = buffers_[index];
    if (out.value.size() < n) out.value.resize(n), out.known.resize(n), out.bound.resize(n);
    views_[index] = {out.value.data(), out.known.data(), 1, out.bound.data()};
    if (node.op == Op::text_equal || node.op == Op::text_differs) return text_node(node, out, n);
    const View a = view(node.a), b = node.b < 0 ? a : view(node.b);
    switch (node.op) {
        case Op::add:
        case Op::subtract:
        case Op::multiply:
        case Op::divide:
        case Op::negative:
            return strict(a, b, out, n,
                          [op = node.op](Bounded x, Bounded y) { return arithmetic(op, x, y); });
        case Op::not_:
            return strict(a, a, out, n,
                          [](Bounded x, Bounded) { return Bounded{x.value != 0.0 ? 0.0 : 1.0}; });
        case Op::and_:
            return kleene(a, b, out, n, false);
        case Op::or_:
            return kleene(a, b, out, n, true);
        default:
            return strict(a, b, out, n,
                          [op = node.op](Bounded x, Bounded y) { return comparison(op, x, y); });
    }
}

void Track::text_node(const Node& node, Buffer& out, std::size_t n) const {
    const FeatureColumn& a = columns_[expression_->nodes[static_cast<std::size_t>(node.a)].a];
    const FeatureColumn* b =
        node.b < 0 ? nullptr : &columns_[expression_->nodes[static_cast<std::size_t>(node.b)].a];
    for (std::size_t i = 0; i < n; ++i) {
        out.known[i] = a.known[i] && (!b || b->known[i]);
        const bool same = a.text[i] == (b ? b->text[i] : node.text);
        out.value[i] = same == (node.op == Op::text_equal) ? 1.0 : 0.0;
        out.bound[i] = 0;
    }
}

const std::string& Track::text(std::size_t i) const {
    return columns_[expression_->nodes.back().a].text[i];
}

void Track::reasons(std::size_t i, std::vector<std::string>& out) const {
    reasons_of(root(), i, out);
}

void Track::reasons_of(int index, std::size_t i, std::vector<std::string>& out) const {
    if (view(index).known_at(i)) return;
    const Node& node = expression_->nodes[static_cast<std::size_t>(index)];
    if (node.op == Op::call) {
        const FeatureColumn& column = columns_[node.a];
        const int why = column.why[i];
        add_once(out, why < 0 ? "no reason given" : column.reasons[static_cast<std::size_t>(why)]);
        return;
    }
    const std::size_t before = out.size();
    bool operands_known = true;
    for (const int side : {node.a, node.b}) {
        if (side < 0) continue;
        operands_known = operands_known && view(side).known_at(i);
        reasons_of(side, i, out);
    }
    if (!operands_known || out.size() > before) return;
    const auto bounded = [&](int side) { return side >= 0 && view(side).bound_at(i) != 0; };
    if (bounded(node.a) || bounded(node.b)) {
        add_once(out, "a reading is beyond its limit of detection, which does not decide");
        return;
    }
    const bool by_zero = node.op == Op::divide && view(node.b).value_at(i) == 0.0;
    add_once(out, by_zero ? "division by zero" : "a result that is not a finite number");
}

}  // namespace bellwether::rulebook

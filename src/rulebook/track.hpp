#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bellwether/core/feature.hpp"

#include "program.hpp"

/// One expression evaluated at all points of a patient, column by column, in three truth values.
namespace bellwether::rulebook {

/// Columns of features, and which of them a rule's calls stand for.
struct Columns {
    const std::vector<FeatureColumn>* all = nullptr;
    const std::vector<int>* of_rule = nullptr;  ///< index into `all` per call of the rule
    [[nodiscard]] const FeatureColumn& operator[](int call) const {
        return (*all)[static_cast<std::size_t>((*of_rule)[static_cast<std::size_t>(call)])];
    }
};

/// Keeps its buffers: `run` allocates only while they grow.
class Track {
public:
    /// Evaluates every node at points 0 ... n-1. `expression` and `columns` must outlive the answers.
    void run(const Expression& expression, const Columns& columns, std::size_t n);
    [[nodiscard]] bool known(std::size_t i) const { return view(root()).known_at(i); }
    [[nodiscard]] double value(std::size_t i) const { return view(root()).value_at(i); }
    /// -1: the truth lies below value(i), +1: above it, 0: it is the number itself.
    [[nodiscard]] int bound(std::size_t i) const { return view(root()).bound_at(i); }
    [[nodiscard]] bool is_true(std::size_t i) const { return known(i) && value(i) != 0.0; }
    [[nodiscard]] bool is_false(std::size_t i) const { return known(i) && value(i) == 0.0; }
    /// Text of an expression that is one text call.
    [[nodiscard]] const std::string& text(std::size_t i) const;
    /// Adds why the answer is unknown at a point: the reason of each unknown feature behind it, each once.
    void reasons(std::size_t i, std::vector<std::string>& out) const;

private:
    /// A node's answers; a literal is one number for all points (stride 0).
    struct View {
        const double* value = nullptr;
        const unsigned char* known = nullptr;
        std::size_t stride = 1;
        const signed char* bound = nullptr;  ///< as in FeatureColumn; null: exact everywhere
        [[nodiscard]] int bound_at(std::size_t i) const { return bound ? bound[i] : 0; }
        [[nodiscard]] double value_at(std::size_t i) const { return value[i * stride]; }
        [[nodiscard]] bool known_at(std::size_t i) const { return known[i * stride] != 0; }
    };
    struct Buffer {
        std::vector<double> value;
        std::vector<unsigned char> known;
        std::vector<signed char> bound;
    };

    [[nodiscard]] int root() const { return static_cast<int>(expression_->nodes.size()) - 1; }
    [[nodiscard]] const View& view(int node) const { return views_[static_cast<std::size_t>(node)]; }
    void node(std::size_t index, std::size_t n);
    void text_node(const Node& node, Buffer& out, std::size_t n) const;
    void reasons_of(int node, std::size_t i, std::vector<std::string>& out) const;

    const Expression* expression_ = nullptr;
    Columns columns_;
    std::vector<View> views_;
    std::vector<Buffer> buffers_;
};

}  // namespace bellwether::rulebook

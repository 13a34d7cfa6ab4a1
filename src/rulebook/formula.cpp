#include "bellwether/rulebook/formula.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "track.hpp"

namespace bellwether::rulebook {

std::optional<Formula> Formula::of(const Rule& rule) {
    const auto& pieces = rule.compiled->summary;
    const auto found =
        std::find_if(pieces.begin(), pieces.end(), [](const SummaryPiece& p) { return p.value.present(); });
    if (found == pieces.end()) return std::nullopt;
    return Formula(rule.compiled, static_cast<std::size_t>(found - pieces.begin()));
}

Formula::Formula(std::shared_ptr<const CompiledRule> rule, std::size_t piece)
    : rule_(std::move(rule)), piece_(piece) {
    std::vector<int> asked;
    add_calls(rule_->summary[piece_].value, asked);
    for (const int call : asked)
        calls_.push_back(rule_->calls[static_cast<std::size_t>(call)]);
}

ValueType Formula::type() const {
    return rule_->summary[piece_].value.type;
}

bool Formula::single() const {
    const auto& nodes = rule_->summary[piece_].value.nodes;
    return nodes.size() == 1 && nodes.front().op == Op::call;
}

FormulaAnswer Formula::at(PatientFeatures& patient, Date day) const {
    const auto& expression = rule_->summary[piece_].value;
    FormulaAnswer answer;
    if (expression.type == ValueType::text) {
        answer.missing.emplace_back("a text has no value");
        return answer;
    }
    std::vector<int> asked;
    add_calls(expression, asked);
    std::vector<FeatureColumn> columns(asked.size());
    std::vector<int> place(rule_->calls.size(), -1);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        columns[i].reset(1);
        patient.evaluate(calls_[i], std::array{day}, columns[i]);
        place[static_cast<std::size_t>(asked[i])] = static_cast<int>(i);
    }
    Track track;
    track.run(expression, {&columns, &place}, 1);
    if (track.known(0)) {
        answer.value = track.value(0);
        answer.bound = track.bound(0);
    } else {
        track.reasons(0, answer.missing);
    }
    return answer;
}

}  // namespace bellwether::rulebook

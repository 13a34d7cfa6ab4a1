#include "bellwether/core/feature.hpp"

#include <algorithm>

#include "bellwether/core/text.hpp"

namespace bellwether {
namespace {

std::string written(const FeatureArg& a) {
    if (a.type == ArgType::duration) return shortest(a.number) + "d";
    if (a.type == ArgType::number) return shortest(a.number);
    return a.word;
}

}  // namespace

std::string to_string(const FeatureCall& call) {
    if (call.args.empty()) return call.name;
    std::string out = call.name + "(";
    for (std::size_t i = 0; i < call.args.size(); ++i) {
        if (i > 0) out += ", ";
        out += written(call.args[i]);
    }
    return out + ")";
}

void FeatureColumn::reset(std::size_t n) {
    value.assign(n, 0.0);
    for (auto& t : text)
        t.clear();
    text.resize(n);
    known.assign(n, 0);
    bound.assign(n, 0);
    why.assign(n, -1);
    reasons.clear();
}

void FeatureColumn::unknown(std::size_t i, const std::string& reason) {
    const auto found = std::find(reasons.begin(), reasons.end(), reason);
    why[i] = static_cast<int>(found - reasons.begin());
    if (found == reasons.end()) reasons.push_back(reason);
    known[i] = 0;
}

}  // namespace bellwether

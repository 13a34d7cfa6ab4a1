#include "bellwether/rulebook/rule.hpp"

namespace bellwether::rulebook {

std::string_view to_string(Severity s) {
    switch (s) {
        case Severity::info:
            return "info";
        case Severity::review:
            return "review";
        case Severity::urgent:
            return "urgent";
    }
    return "";
}

std::string_view to_string(Maturity m) {
    switch (m) {
        case Maturity::sandbox:
            return "sandbox";
        case Maturity::incubating:
            return "incubating";
        case Maturity::stable:
            return "stable";
        case Maturity::deprecated:
            return "deprecated";
    }
    return "";
}

std::string_view to_string(ProposalKind k) {
    switch (k) {
        case ProposalKind::intensify:
            return "intensify";
        case ProposalKind::switch_:
            return "switch";
        case ProposalKind::add:
            return "add";
        case ProposalKind::hold:
            return "hold";
        case ProposalKind::confirm:
            return "confirm";
    }
    return "";
}

std::vector<std::string> Rulebook::alerts() const {
    std::vector<std::string> out;
    for (const Rule& rule : rules)
        out.push_back(rule.alert);
    return out;
}

const Rule* Rulebook::find(std::string_view alert) const {
    for (const Rule& rule : rules) {
        if (rule.alert == alert) return &rule;
    }
    return nullptr;
}

}  // namespace bellwether::rulebook

#include "table_cells.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

/// "2" and "2.0" are the same code.
bool same(std::string_view a, std::string_view b) {
    if (a == b) return true;
    const auto x = parse_double(a), y = parse_double(b);
    return x && y && *x == *y;
}

/// A number from 1 to `count`, as an index.
std::optional<std::size_t> numbered(std::string_view text, std::size_t count) {
    const auto x = parse_double(text);
    for (std::size_t i = 0; x && i < count; ++i)
        if (*x == static_cast<double>(i + 1)) return i;
    return std::nullopt;
}

}  // namespace

CellReader::CellReader(const Spec& spec, const TableColumns& columns, Findings& findings)
    : spec_(spec), columns_(columns), findings_(findings) {
    for (std::size_t s = 0; s < spec.states.size(); ++s) {
        if (spec.states[s].phase > 1)
            declared_.back() |= only(s);
        else
            declared_.push_back(only(s));
    }
}

void CellReader::refuse(const char* code, const Cell& cell, const std::string& what, std::string hint) const {
    findings_.error(code, cell.at, what, std::move(hint));
}

std::optional<double> CellReader::number(const Cell& cell, const std::string& what) const {
    const auto x = parse_double(cell.text);
    if (!x)
        refuse("P022", cell, fmt::format("{} '{}' is not a number", what, cell.text),
               "write digits and a point, or leave the cell empty where the value is missing");
    return x;
}

std::optional<StateSet> CellReader::coded(std::string_view text) const {
    for (const auto& [code, set] : columns_.codes)
        if (same(code, text)) return set;
    return std::nullopt;
}

std::optional<StateSet> CellReader::known_states(std::string_view text) const {
    if (const auto set = coded(text)) return set;
    if (const auto set = spec_.states_with(text)) return set;
    if (const auto i = numbered(text, declared_.size())) return declared_[*i];
    return std::nullopt;
}

std::optional<StateSet> CellReader::states(const Cell& cell) const {
    const auto set = known_states(cell.text);
    if (!set)
        refuse("P023", cell, fmt::format("no state is called '{}'", cell.text),
               suggestion(cell.text, spec_.labels()) +
                   fmt::format("; or a number from 1 to {}, or a code (--code {}=STATE+STATE)",
                               declared_.size(), cell.text));
    return set;
}

std::optional<Kind> CellReader::kind(const Cell& cell) const {
    const std::vector<std::string> words = {"snapshot", "exact", "death"};
    const Kind kinds[] = {Kind::snapshot, Kind::watched, Kind::entry};
    const auto known = std::find(words.begin(), words.end(), cell.text);
    if (known != words.end()) return kinds[known - words.begin()];
    if (const auto i = numbered(cell.text, words.size())) return kinds[*i];
    refuse("P023", cell, fmt::format("'{}' is not a way to watch", cell.text),
           "write snapshot, exact or death (or 1, 2, 3)");
    return std::nullopt;
}

std::optional<bool> CellReader::truth(const Cell& cell) const {
    if (same(cell.text, "1") || cell.text == "TRUE" || cell.text == "true") return true;
    if (same(cell.text, "0") || cell.text == "FALSE" || cell.text == "false") return false;
    refuse("P023", cell, fmt::format("'{}' is neither 0 nor 1", cell.text),
           "write 1 where the state is known");
    return std::nullopt;
}

std::optional<double> CellReader::covariate(const Cell& cell, const Covariate& c) const {
    if (c.from == Covariate::From::level) {
        const auto level =
            std::find_if(c.levels.begin(), c.levels.end(), [&](const auto& l) { return same(l, cell.text); });
        if (level == c.levels.end()) {
            refuse("P023", cell, fmt::format("'{}' is not a level of '{}'", cell.text, c.entry),
                   suggestion(cell.text, c.levels));
            return std::nullopt;
        }
        return static_cast<std::size_t>(level - c.levels.begin()) == c.level ? 1.0 : 0.0;
    }
    const auto x = number(cell, fmt::format("covariate '{}':", c.name));
    if (x && c.indicator && *x != 0.0 && *x != 1.0) {
        refuse("P023", cell, fmt::format("indicator '{}' is {}", c.name, cell.text),
               "write 0 or 1, or give the covariate `levels:`");
        return std::nullopt;
    }
    return x;
}

std::optional<Said> CellReader::category(const Cell& cell, const Channel& channel) const {
    const auto& words = channel.categories;
    auto i = numbered(cell.text, words.size());
    if (const auto known = std::find(words.begin(), words.end(), cell.text); known != words.end())
        i = static_cast<std::size_t>(known - words.begin());
    if (i) return Said{Reading::of(static_cast<double>(*i)), 0};
    // A state in which this channel is not read: death.
    const auto set = known_states(cell.text);
    for (std::size_t s = 0; set && s < spec_.states.size(); ++s)
        if (contains(*set, s) && channel.group[s] != Channel::kNone) return std::nullopt;
    if (!set) return std::nullopt;
    return Said{{}, *set};
}

StateSet CellReader::read_as(const Channel& channel, double value) const {
    StateSet set = 0;
    for (std::size_t s = 0; s < spec_.states.size(); ++s) {
        if (channel.group[s] == Channel::kNone || channel.groups.empty()) continue;
        const auto& group = channel.groups[static_cast<std::size_t>(channel.group[s])];
        if (channel.family == Family::by_state && group.law == Law::identity &&
            spec_.parameters[group.terms[0].parameter].start == value)
            set |= only(s);
    }
    return set;
}

std::optional<Said> CellReader::reading(const Cell& cell, const Channel& channel) const {
    if (const auto set = coded(cell.text)) return Said{{}, *set};
    if (channel.family == Family::categorical) {
        auto said = category(cell, channel);
        if (!said)
            refuse("P023", cell, fmt::format("'{}' is not a category of '{}'", cell.text, channel.name),
                   suggestion(cell.text, channel.categories));
        return said;
    }
    const auto limit = [&](std::size_t from, std::size_t to) {
        return parse_double(trim(cell.text.substr(from, to - from)));
    };
    if (cell.text.front() == '<')
        if (const auto x = limit(1, cell.text.size())) return Said{Reading::below(*x), 0};
    if (cell.text.front() == '>')
        if (const auto x = limit(1, cell.text.size())) return Said{Reading::above(*x), 0};
    if (const auto dots = cell.text.find(".."); dots != std::string_view::npos) {
        const auto low = limit(0, dots), high = limit(dots + 2, cell.text.size());
        if (low && high && *low < *high) return Said{Reading::between(*low, *high), 0};
    }
    const auto x = parse_double(cell.text);
    if (!x) {
        refuse("P022", cell, fmt::format("reading '{}' of '{}' is not a number", cell.text, channel.name),
               "write a number, <limit, >limit or low..high, or leave the cell empty");
        return std::nullopt;
    }
    if (channel.on_log_scale() && !(*x > 0.0)) {
        refuse("P022", cell, fmt::format("reading {} of '{}' has no logarithm", cell.text, channel.name),
               "write a value above 0, or <limit");
        return std::nullopt;
    }
    if (const StateSet set = read_as(channel, *x)) return Said{{}, set};
    return Said{Reading::of(*x), 0};
}

}  // namespace bellwether::app

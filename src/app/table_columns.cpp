#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "bellwether/app/table.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::app {
namespace {

std::pair<std::string, std::string> halves(const std::string& option, const std::string& text,
                                           const char* example) {
    const auto sign = text.find('=');
    if (sign == std::string::npos || sign == 0)
        throw Error("P029", fmt::format("{} '{}' has no '='; write {}", option, text, example));
    return {text.substr(0, sign), text.substr(sign + 1)};
}

markov::StateSet states_of(const markov::Spec& spec, const std::string& words) {
    markov::StateSet set = 0;
    for (const auto& word : split(words, '+')) {
        const auto states = spec.states_with(word);
        if (states == 0)
            throw Error("P029",
                        fmt::format("no state is called '{}'; {}", word, suggestion(word, spec.labels())));
        set |= states;
    }
    return set;
}

/// The option's entry goes before the specification's, so that it is found first.
template <typename Value>
void put_first(std::vector<std::pair<std::string, Value>>& list, std::pair<std::string, Value> entry) {
    list.insert(list.begin(), std::move(entry));
}

}  // namespace

markov::TableColumns columns_of(const markov::Spec& spec, const TableOptions& options) {
    auto columns = spec.table;
    const auto over = [](std::string& column, const std::string& option) {
        if (!option.empty()) column = option;
    };
    over(columns.subject, options.subject);
    over(columns.time, options.time);
    over(columns.state, options.state);
    over(columns.kind, options.kind);
    over(columns.known, options.known);
    over(columns.weight, options.weight);
    columns.watched = columns.watched || options.exact_times;
    for (const auto& text : options.readings) {
        auto entry = halves("--reading", text, "--reading CHANNEL=COLUMN");
        if (!spec.channel_index(entry.first)) {
            std::vector<std::string> names;
            for (const auto& c : spec.channels)
                names.push_back(c.name);
            throw Error("P029", fmt::format("no channel is called '{}'; {}", entry.first,
                                            suggestion(entry.first, names)));
        }
        put_first(columns.readings, std::move(entry));
    }
    for (const auto& text : options.codes) {
        const auto [code, words] = halves("--code", text, "--code 99=STATE+STATE");
        put_first(columns.codes, std::pair{code, states_of(spec, words)});
    }
    return columns;
}

}  // namespace bellwether::app

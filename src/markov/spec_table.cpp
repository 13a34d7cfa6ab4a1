#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "spec_reader.hpp"

namespace bellwether::markov {

void SpecReader::read_table(const yaml::Node& node) {
    yaml::Map map(node, findings_);
    TableColumns& table = spec_.table;
    table.subject = map.text_or("subject", "");
    table.time = map.text_or("time", "");
    table.state = map.text_or("state", "");
    table.kind = map.text_or("kind", "");
    table.known = map.text_or("known", "");
    table.weight = map.text_or("weight", "");
    table.watched = map.truth_or("exact-times", false);
    const auto pairs = [&](const char* key, const char* example, auto&& take) {
        const auto list = map.optional(key);
        if (list.is_null()) return;
        if (!list.is_map())
            findings_.error("M037", list.at(), fmt::format("`{}` must be a map", key), example);
        for (std::size_t i = 0; list.is_map() && i < list.size(); ++i)
            take(list, i);
    };
    pairs("readings", "write readings: {fev: FEV1}", [&](const yaml::Node& list, std::size_t i) {
        std::vector<std::string> channels;
        for (const Channel& c : spec_.channels)
            channels.push_back(c.name);
        if (!spec_.channel_index(list.key(i)))
            findings_.error("M037", list.key_at(i), fmt::format("no channel is called '{}'", list.key(i)),
                            suggestion(list.key(i), channels));
        if (const auto column = yaml::as_text(list[i], findings_))
            table.readings.emplace_back(list.key(i), *column);
    });
    pairs("codes", "write codes: {99: [well, ill]}", [&](const yaml::Node& list, std::size_t i) {
        table.codes.emplace_back(list.key(i), read_states_of(list[i]));
    });
    map.done();
}

}  // namespace bellwether::markov

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/core/yaml.hpp"

namespace bellwether::yaml {
namespace {

/// Index of a key of a map, size() when absent.
std::size_t index_of(const Node& map, const std::string& key) {
    std::size_t i = 0;
    while (i < map.size() && map.key(i) != key)
        ++i;
    return i;
}

}  // namespace

Map::Map(Node node, Findings& findings) : node_(std::move(node)), findings_(findings) {
    if (node_.is_map() || node_.at().line == 0) return;
    const char* found = node_.is_null() ? "nothing" : node_.is_sequence() ? "a list" : "a single value";
    findings_.error("Y012", node_.at(), fmt::format("{} stands where a map is expected", found),
                    "write lines of the form 'key: value'");
}

bool Map::has(const std::string& key) {
    if (!node_.is_map()) return false;
    asked_.push_back(key);
    return index_of(node_, key) < node_.size();
}

Node Map::required(const std::string& key) {
    if (!node_.is_map()) return {};
    if (has(key)) return node_[index_of(node_, key)];
    findings_.error("Y011", node_.at(), fmt::format("key '{}' is missing", key),
                    fmt::format("add '{}: ...' to this map", key));
    return {};
}

Node Map::optional(const std::string& key) {
    return has(key) ? node_[index_of(node_, key)] : Node();
}

std::string Map::text(const std::string& key) {
    return as_text(required(key), findings_).value_or("");
}

std::string Map::text_or(const std::string& key, std::string fallback) {
    if (!has(key)) return fallback;
    return as_text(optional(key), findings_).value_or(std::move(fallback));
}

double Map::number(const std::string& key, Range r) {
    return as_number(required(key), findings_, r).value_or(0.0);
}

double Map::number_or(const std::string& key, double fallback, Range r) {
    return maybe_number(key, r).value_or(fallback);
}

std::optional<double> Map::maybe_number(const std::string& key, Range r) {
    if (!has(key)) return std::nullopt;
    return as_number(optional(key), findings_, r);
}

long long Map::integer(const std::string& key, Range r) {
    return as_integer(required(key), findings_, r).value_or(0);
}

long long Map::integer_or(const std::string& key, long long fallback, Range r) {
    if (!has(key)) return fallback;
    return as_integer(optional(key), findings_, r).value_or(fallback);
}

bool Map::truth_or(const std::string& key, bool fallback) {
    if (!has(key)) return fallback;
    return as_truth(optional(key), findings_).value_or(fallback);
}

std::optional<int> Map::maybe_duration(const std::string& key, Range r) {
    if (!has(key)) return std::nullopt;
    return as_duration(optional(key), findings_, r);
}

std::vector<std::string> Map::texts_or_none(const std::string& key) {
    if (!has(key)) return {};
    return as_texts(optional(key), findings_);
}

std::size_t Map::word(const std::string& key, const std::vector<std::string>& allowed) {
    return as_word(required(key), findings_, allowed).value_or(0);
}

std::size_t Map::word_or(const std::string& key, const std::vector<std::string>& allowed,
                         std::size_t fallback) {
    if (!has(key)) return fallback;
    return as_word(optional(key), findings_, allowed).value_or(fallback);
}

void Map::done() {
    if (!node_.is_map()) return;
    std::vector<std::string> known;
    for (const auto& key : asked_) {
        if (std::find(known.begin(), known.end(), key) == known.end()) known.push_back(key);
    }
    for (std::size_t i = 0; i < node_.size(); ++i) {
        const std::string& key = node_.key(i);
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        findings_.error("Y010", node_.key_at(i), fmt::format("unknown key '{}'", key),
                        suggestion(key, known));
    }
}

}  // namespace bellwether::yaml

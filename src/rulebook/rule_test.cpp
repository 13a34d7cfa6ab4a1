#include "bellwether/rulebook/rule_test.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/core/yaml.hpp"

#include "compile.hpp"

namespace bellwether::rulebook {
namespace {

constexpr yaml::Range days{-36500, 36500};

class TestReader {
public:
    TestReader(const FeatureTable& table, const Rulebook* book, Findings& findings)
        : table_(table), book_(book), findings_(findings) {}

    TestCase read(const yaml::Node& node) {
        yaml::Map map(node, findings_);
        TestCase test;
        test.at = node.at();
        test.name = map.text("name");
        each(map.optional("series"), "series",
             [&](const std::string& channel, const Location& at, const yaml::Node& value) {
                 if (book_) known(ArgType::channel, "channel", channel, at);
                 test.series.emplace_back(channel, readings(value, true));
             });
        each(map.optional("given"), "given",
             [&](const std::string& key, const Location& at, const yaml::Node& value) {
                 FeatureCall call;
                 if (given_call(key, at, call)) test.given.emplace_back(call, readings(value, false));
             });
        list(map.optional("therapy"), "therapy",
             [&](const yaml::Node& entry) { test.therapy.push_back(therapy(entry)); });
        list(map.optional("events"), "events",
             [&](const yaml::Node& entry) { test.events.push_back(event(entry)); });
        each(map.optional("attributes"), "attributes",
             [&](const std::string& key, const Location&, const yaml::Node& value) {
                 test.attributes.emplace_back(key, yaml::as_text(value, findings_).value_or(""));
             });
        each(map.required("at"), "at",
             [&](const std::string& key, const Location& at, const yaml::Node& value) {
                 if (const auto day = day_of(key, at)) test.expected.emplace_back(*day, alerts(value));
             });
        map.done();
        return test;
    }

private:
    template <typename F>
    void each(const yaml::Node& node, const std::string& key, F f) {
        if (node.is_null()) return;
        if (!node.is_map()) {
            findings_.error("R035", node.at(), fmt::format("'{}' is not a map", key),
                            "see docs/rule-format.md, 'Tests'");
            return;
        }
        for (std::size_t i = 0; i < node.size(); ++i)
            f(node.key(i), node.key_at(i), node[i]);
    }

    template <typename F>
    void list(const yaml::Node& node, const std::string& key, F f) {
        if (node.is_null()) return;
        if (!node.is_sequence()) {
            findings_.error("R035", node.at(), fmt::format("'{}' is not a list", key),
                            "see docs/rule-format.md, 'Tests'");
            return;
        }
        for (std::size_t i = 0; i < node.size(); ++i)
            f(node[i]);
    }

    void known(ArgType type, std::string_view what, const std::string& name, const Location& at) {
        const auto names = table_.names(type, "");
        if (names.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
        findings_.error("R012", at, fmt::format("unknown {} '{}'", what, name), suggestion(name, names));
    }

    /// "0:5.0 21:<0.1 42:>1000"
    std::vector<TestReading> readings(const yaml::Node& node, bool censored_allowed) {
        std::vector<TestReading> out;
        const auto text = yaml::as_text(node, findings_);
        if (!text) return out;
        for (std::size_t begin = 0; begin < text->size();) {
            if ((*text)[begin] == ' ') {
                ++begin;
                continue;
            }
            const std::size_t end = std::min(text->find(' ', begin), text->size());
            const auto reading =
                one_reading(std::string_view(*text).substr(begin, end - begin), censored_allowed);
            if (!reading) {
                findings_.error("R030", node.place(begin),
                                fmt::format("reading '{}'", text->substr(begin, end - begin)),
                                censored_allowed ? "write day:value, such as 21:1.2, 21:<0.1 or 21:>1000"
                                                 : "write day:value, such as 21:0.85");
            } else if (!out.empty() && reading->day <= out.back().day) {
                findings_.error("R031", node.place(begin),
                                fmt::format("day {} after day {}", reading->day, out.back().day),
                                "write the days in ascending order, each once");
            } else {
                out.push_back(*reading);
            }
            begin = end;
        }
        return out;
    }

    static std::optional<TestReading> one_reading(std::string_view text, bool censored_allowed) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        const long long day = parse_integer(text.substr(0, colon)).value_or(1'000'000);
        std::string_view value = text.substr(colon + 1);
        TestReading out;
        if (censored_allowed && (value.starts_with('<') || value.starts_with('>'))) {
            out.censor = value[0] == '<' ? TestReading::Censor::left : TestReading::Censor::right;
            value.remove_prefix(1);
        }
        const auto number = parse_double(value);
        if (!number || day < -36500 || day > 36500) return std::nullopt;
        out.day = static_cast<int>(day);
        out.value = *number;
        return out;
    }

    /// The key is checked under each model of the book: the test does not say which it means.
    bool given_call(const std::string& key, const Location& at, FeatureCall& call) {
        const Source source{{}, 0, key, at};
        std::vector<std::string> models;
        if (book_) {
            for (const Rule& rule : book_->rules) {
                if (std::find(models.begin(), models.end(), rule.model) == models.end())
                    models.push_back(rule.model);
            }
        }
        if (models.empty()) models.emplace_back();
        Findings first;
        for (const std::string& model : models) {
            Findings mine;
            call = {};
            if (compile_call(source, table_, model, mine, call)) {
                call.model.clear();
                return true;
            }
            if (first.list.empty()) first = std::move(mine);
        }
        if (book_) findings_.list.insert(findings_.list.end(), first.list.begin(), first.list.end());
        return false;
    }

    TestTherapy therapy(const yaml::Node& node) {
        yaml::Map map(node, findings_);
        TestTherapy out;
        out.regimen = map.text("regimen");
        out.from = static_cast<int>(map.integer("from", days));
        if (map.has("to")) out.to = static_cast<int>(map.integer("to", days));
        map.done();
        return out;
    }

    TestEvent event(const yaml::Node& node) {
        yaml::Map map(node, findings_);
        TestEvent out;
        out.day = static_cast<int>(map.integer("day", days));
        const yaml::Node kind = map.required("kind");
        if (!kind.is_null()) {
            out.kind = yaml::as_text(kind, findings_).value_or("");
            if (book_) known(ArgType::event, "event", out.kind, kind.at());
        }
        out.term = map.text_or("term", "");
        if (map.has("grade")) out.grade = static_cast<int>(map.integer("grade", {0, 5}));
        map.done();
        return out;
    }

    /// "63d"
    std::optional<int> day_of(const std::string& key, const Location& at) {
        const auto day = key.ends_with('d') ? parse_integer(std::string_view(key).substr(0, key.size() - 1))
                                            : std::nullopt;
        if (day && *day >= -36500 && *day <= 36500) return static_cast<int>(*day);
        findings_.error("R034", at, fmt::format("day '{}'", key), "write the day with its unit, such as 63d");
        return std::nullopt;
    }

    std::vector<std::string> alerts(const yaml::Node& node) {
        std::vector<std::string> out;
        if (!node.is_sequence()) {
            findings_.error("R035", node.at(), "expected alerts are not a list",
                            "write [] for silence, or [alert-name]");
            return out;
        }
        for (std::size_t i = 0; i < node.size(); ++i) {
            const auto name = yaml::as_text(node[i], findings_);
            if (!name) continue;
            out.push_back(*name);
            if (book_ && !book_->find(*name)) {
                findings_.error("R032", node[i].at(), fmt::format("unknown alert '{}'", *name),
                                suggestion(*name, book_->alerts()));
            }
        }
        std::sort(out.begin(), out.end());
        return out;
    }

    const FeatureTable& table_;
    const Rulebook* book_;
    Findings& findings_;
};

std::string listed(const std::vector<std::string>& alerts) {
    return alerts.empty() ? "nothing" : fmt::format("{}", fmt::join(alerts, ", "));
}

}  // namespace

RuleTest read_test(std::string_view text, const std::string& file, const FeatureTable& table,
                   const Rulebook* book, Findings& findings) {
    RuleTest out;
    const yaml::Node root = yaml::parse(text, file, findings);
    if (root.is_null()) {
        if (findings.ok())
            findings.error("R025", {file, 1, 1}, "the file is empty",
                           "begin with 'rules: FILE' and 'tests:'");
        return out;
    }
    yaml::Map map(root, findings);
    out.rules = map.text("rules");
    const yaml::Node tests = map.required("tests");
    map.done();
    if (!tests.is_sequence()) {
        if (!tests.is_null())
            findings.error("R035", tests.at(), "'tests' is not a list", "write '- name: NAME' under 'tests'");
    } else {
        for (std::size_t i = 0; i < tests.size(); ++i)
            out.tests.push_back(TestReader(table, book, findings).read(tests[i]));
    }
    findings.sort();
    return out;
}

std::vector<std::string> compare(const TestCase& test, const TestOutcome& got) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < test.expected.size(); ++i) {
        const auto& [day, alerts] = test.expected[i];
        std::vector<std::string> open = i < got.open.size() ? got.open[i] : std::vector<std::string>{};
        std::sort(open.begin(), open.end());
        if (open == alerts) continue;
        out.push_back(fmt::format("{}: {}: day {}: expected {}, got {}", to_string(test.at), test.name, day,
                                  listed(alerts), listed(open)));
    }
    return out;
}

std::vector<std::string> never_raised(const Rulebook& book, const std::vector<RuleTest>& tests) {
    std::vector<std::string> out;
    for (const Rule& rule : book.rules) {
        const bool raised = std::any_of(tests.begin(), tests.end(), [&](const RuleTest& file) {
            return std::any_of(file.tests.begin(), file.tests.end(), [&](const TestCase& test) {
                return std::any_of(test.expected.begin(), test.expected.end(), [&](const auto& day) {
                    return std::find(day.second.begin(), day.second.end(), rule.alert) != day.second.end();
                });
            });
        });
        if (!raised) out.push_back(rule.alert);
    }
    return out;
}

}  // namespace bellwether::rulebook

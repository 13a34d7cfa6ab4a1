#include "bellwether/rulebook/load.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/core/yaml.hpp"

#include "compile.hpp"
#include "tunable.hpp"

namespace bellwether::rulebook {
namespace {

const std::vector<std::string> severities{"info", "review", "urgent"};
const std::vector<std::string> maturities{"sandbox", "incubating", "stable", "deprecated"};
const std::vector<std::string> proposals{"intensify", "switch", "add", "hold", "confirm"};

/// Lower-case letters, digits and '-', a letter first: an alert's name is a key of the ledger for ever.
bool permanent_name(std::string_view s) {
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !s.empty() && letter(s[0]) && std::all_of(s.begin(), s.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '-';
    });
}

class RuleReader {
public:
    RuleReader(const FeatureTable& table, std::string group, std::string model, const Thresholds& thresholds,
               Findings& findings)
        : table_(table), thresholds_(thresholds), findings_(findings) {
        rule_.group = std::move(group);
        rule_.model = std::move(model);
    }

    /// @return nothing when the rule has an error
    std::optional<Rule> read(const yaml::Node& node) {
        const std::size_t before = errors();
        yaml::Map map(node, findings_);
        identity(map);
        conditions(map);
        consequences(map);
        proof(map);
        map.done();
        if (errors() > before) return std::nullopt;
        finish();
        return rule_;
    }
    [[nodiscard]] const std::string& alert() const { return rule_.alert; }
    [[nodiscard]] const Location& at() const { return rule_.at; }

private:
    std::size_t errors() const {
        return static_cast<std::size_t>(
            std::count_if(findings_.list.begin(), findings_.list.end(),
                          [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; }));
    }

    void identity(yaml::Map& map) {
        const yaml::Node name = map.required("alert");
        if (!name.is_null()) {
            if (const auto text = yaml::as_text(name, findings_)) rule_.alert = *text;
            rule_.at = name.at();
            if (!rule_.alert.empty() && !permanent_name(rule_.alert)) {
                findings_.error(
                    "R002", name.at(), fmt::format("alert name '{}'", rule_.alert),
                    "use lower-case letters, digits and '-', a letter first: the name is permanent");
            }
        }
        rule_.title = map.text("title");
    }

    void conditions(yaml::Map& map) {
        const yaml::Node when = map.required("when"), until = map.optional("until");
        const yaml::Node persists = map.optional("for"), escalates = map.optional("escalate");
        if (const yaml::Node tuned = map.optional("tunable"); !tuned.is_null()) tunable(when, until, tuned);
        if (!rule_.tunable && thresholds_.contains(rule_.alert))
            findings_.error("R027", rule_.at, fmt::format("rule '{}' has no tunable number", rule_.alert),
                            "name the comparison of 'when' that may be moved: 'tunable: P(growing) >= 0.8'");
        compiled_->when = expression(when, "when", rule_.when, moved_when_);
        const yaml::Node unless = map.optional("unless");
        compiled_->unless = expression(unless, "unless", rule_.unless);
        compiled_->until = expression(until, "until", rule_.until, moved_until_);
        if (!persists.is_null()) persistence(persists);
        rule_.severity = static_cast<Severity>(map.word("severity", severities));
        if (!escalates.is_null()) escalation(escalates);
        if (rule_.persistence.visits && rule_.persistence.of.empty()) needs_visits();
        Sha256 all;
        all.field(rule_.model);
        for (const auto* node : {&when, &unless, &until, &persists})
            all.field(node->is_scalar() ? node->scalar() : "");
        if (rule_.tunable) all.field(rule_.tunable->comparison).field(rule_.tunable->until);
        rule_.conditions = all.hex();
    }

    /// @param moved  with the number that was asked for in place of the file's; "" = as it stands there
    Expression expression(const yaml::Node& node, const std::string& key, std::string& written,
                          const std::string& moved = {}) {
        if (node.is_null()) return {};
        const auto text = yaml::as_text(node, findings_);
        if (!text) return {};
        written = *text;
        if (!moved.empty()) {
            // Findings stand where the file says: only what it says itself can be wrong.
            CompiledRule apart;
            Scope scope{table_, rule_.model, apart, findings_};
            (void)compile(Source{node, 0, node.scalar(), {}}, Use::condition, key, scope);
            written = moved;
        }
        Findings known;
        Scope scope{table_, rule_.model, *compiled_, moved.empty() ? findings_ : known};
        Expression e =
            compile(Source{node, 0, moved.empty() ? node.scalar() : moved, {}}, Use::condition, key, scope);
        add_calls(e, compiled_->watched);
        return e;
    }

    /// One comparison of an expression, word for word. @return nothing after a finding
    std::optional<Tunable> comparison_of(const yaml::Node& expression, const std::string& key,
                                         const yaml::Node& node, const std::string& example, Place& place) {
        const auto text = yaml::as_text(node, findings_);
        if (!text) return std::nullopt;
        auto found = read_tunable(*text);
        place = find_comparison(expression.is_scalar() ? expression.scalar() : "", *text);
        if (found && !place.nowhere && !place.twice) return found;
        findings_.error("R026", node.at(),
                        !found ? fmt::format("'{}' is no comparison with a number", *text)
                               : fmt::format("'{}' is {} a comparison of '{}'", *text,
                                             place.nowhere ? "not" : "more than once", key),
                        fmt::format("repeat one comparison of '{}' word for word, the number on its right: "
                                    "'{}'",
                                    key, example));
        return std::nullopt;
    }

    /// `P(growing) >= 0.8`, or that and the comparison of `until` that goes with it.
    void tunable(const yaml::Node& when, const yaml::Node& until, const yaml::Node& node) {
        if (when.is_null()) return;
        const bool pair = node.is_sequence() && node.size() == 2;
        Place in_when, in_until;
        auto found =
            comparison_of(when, "when", pair ? node[0] : node, "tunable: P(growing) >= 0.8", in_when);
        if (!found) return;
        if (pair) {
            const auto end = comparison_of(until, "until", node[1],
                                           "tunable: [P(growing) >= 0.8, P(growing) < 0.5]", in_until);
            if (!end) return;
            if (found->number == 0.0) {
                findings_.error("R026", node[1].at(), "no number is in proportion to 0",
                                "leave the comparison of 'until' out");
                return;
            }
            found->until = end->comparison;
            found->until_number = end->number;
        }
        if (const auto wanted = thresholds_.find(rule_.alert); wanted != thresholds_.end()) {
            found->until_number *= pair ? wanted->second / found->number : 1.0;
            found->number = wanted->second;
            moved_when_ = with_number(when.scalar(), in_when, found->comparison, found->number);
            if (pair) moved_until_ = with_number(until.scalar(), in_until, found->until, found->until_number);
        }
        rule_.tunable = std::move(found);
    }

    /// `21d`, `3w`, `2 visits`, `1 visit of ctdna`
    void persistence(const yaml::Node& node) {
        for_at_ = node.at();
        std::vector<std::string> words;
        for (const std::string& w : split(node.scalar(), ' ')) {
            if (!w.empty()) words.push_back(w);
        }
        if (node.is_scalar() && words.size() == 1 && (words[0].back() == 'd' || words[0].back() == 'w')) {
            rule_.persistence.days = yaml::as_duration(node, findings_, {1, 3650});
            return;
        }
        const long long count = words.empty() ? 0 : parse_integer(words[0]).value_or(0);
        const bool visits = words.size() >= 2 && (words[1] == "visits" || words[1] == "visit");
        const bool of = words.size() == 4 && words[2] == "of";
        if (count < 1 || count > 100 || !visits || (words.size() != 2 && !of)) {
            findings_.error("R004", node.at(), fmt::format("'for: {}'", node.scalar()),
                            "write a duration (21d, 3w), '2 visits' or '2 visits of ctdna'");
            return;
        }
        rule_.persistence.visits = static_cast<int>(count);
        if (of) visit_channel(node, words[3]);
    }

    void visit_channel(const yaml::Node& node, const std::string& channel) {
        const auto channels = table_.names(ArgType::channel, rule_.model);
        rule_.persistence.of = channel;
        if (channels.empty() || std::find(channels.begin(), channels.end(), channel) != channels.end())
            return;
        findings_.error("R012", node.place(node.scalar().rfind(channel)),
                        fmt::format("unknown channel '{}'", channel), suggestion(channel, channels));
    }

    /// A count of visits needs a channel whose readings are visits; P() has none.
    void needs_visits() {
        if (!compiled_->when.present()) return;  // it has a finding of its own
        std::string modelled;
        for (const int call : compiled_->watched) {
            const FeatureType& type = compiled_->types[static_cast<std::size_t>(call)];
            if (!type.visit_channels.empty()) return;
            if (modelled.empty() && !type.channels.empty()) modelled = type.channels.front();
        }
        const int n = *rule_.persistence.visits;
        findings_.error(
            "R005", for_at_,
            fmt::format("'for: {} visit{}' in a rule that names no channel", n, n == 1 ? "" : "s"),
            fmt::format("write 'for: {} visit{} of {}'", n, n == 1 ? "" : "s",
                        modelled.empty() ? "CHANNEL" : modelled));
    }

    void escalation(const yaml::Node& node) {
        yaml::Map map(node, findings_);
        compiled_->escalate = expression(map.required("when"), "escalate", rule_.escalate_when);
        const yaml::Node to = map.required("to");
        map.done();
        if (to.is_null()) return;
        const auto word = yaml::as_word(to, findings_, severities);
        if (!word) return;
        rule_.escalate_to = static_cast<Severity>(*word);
        if (*rule_.escalate_to > rule_.severity) return;
        findings_.error("R009", to.at(),
                        fmt::format("escalation to '{}' from '{}'", to.scalar(), to_string(rule_.severity)),
                        "escalate to a severity above the rule's own");
    }

    void consequences(yaml::Map& map) {
        if (const yaml::Node node = map.optional("respond"); !node.is_null()) {
            yaml::Map respond(node, findings_);
            Response response;
            response.role = respond.text("role");
            const yaml::Node within = respond.required("within");
            if (!within.is_null())
                response.within_days = yaml::as_duration(within, findings_, {1, 365}).value_or(0);
            respond.done();
            rule_.respond = response;
        }
        if (const yaml::Node node = map.optional("propose"); !node.is_null()) {
            yaml::Map propose(node, findings_);
            Proposal proposal;
            proposal.kind = static_cast<ProposalKind>(propose.word("kind", proposals));
            proposal.bottleneck = propose.text_or("bottleneck", "");
            proposal.target = propose.text_or("target", "");
            propose.done();
            rule_.propose = proposal;
        }
        const yaml::Node summary = map.required("summary");
        if (summary.is_null() || !yaml::as_text(summary, findings_)) return;
        rule_.summary = summary.scalar();
        Scope scope{table_, rule_.model, *compiled_, findings_};
        compile_summary(summary, scope);
    }

    void proof(yaml::Map& map) {
        rule_.illustrative = map.truth_or("illustrative", false);
        rule_.notes = map.text_or("notes", "");
        rule_.evidence = map.texts_or_none("evidence");
        const yaml::Node maturity = map.required("maturity");
        if (!maturity.is_null()) {
            rule_.maturity =
                static_cast<Maturity>(yaml::as_word(maturity, findings_, maturities).value_or(0));
            if (rule_.evidence.empty() && rule_.maturity != Maturity::sandbox) {
                findings_.error("R003", maturity.at(),
                                fmt::format("maturity '{}' without evidence", maturity.scalar()),
                                "name a source in 'evidence', or write 'maturity: sandbox'");
            }
        }
        if (const yaml::Node node = map.optional("budget"); !node.is_null()) budget(node);
    }

    /// {false_alerts: 0.2/patient-year}
    void budget(const yaml::Node& node) {
        yaml::Map map(node, findings_);
        const yaml::Node value = map.required("false_alerts");
        map.done();
        if (value.is_null()) return;
        const std::string_view text = value.scalar(), unit = "/patient-year";
        const bool ends = text.size() > unit.size() && text.substr(text.size() - unit.size()) == unit;
        const auto rate = ends ? parse_double(text.substr(0, text.size() - unit.size())) : std::nullopt;
        if (rate && *rate > 0.0 && *rate <= 100.0) {
            rule_.false_alerts_per_patient_year = *rate;
        } else {
            findings_.error("R008", value.at(), fmt::format("budget '{}'", text),
                            "write a rate such as 0.2/patient-year");
        }
    }

    void finish() {
        add_calls(compiled_->when, compiled_->because);
        add_calls(compiled_->unless, compiled_->because);
        for (const SummaryPiece& piece : compiled_->summary)
            add_calls(piece.value, compiled_->because);
        rule_.compiled = compiled_;
    }

    const FeatureTable& table_;
    const Thresholds& thresholds_;
    Findings& findings_;
    Rule rule_;
    std::string moved_when_, moved_until_;  ///< with the number that was asked for; "" = as written
    Location for_at_;
    std::shared_ptr<CompiledRule> compiled_ = std::make_shared<CompiledRule>();
};

void taken(const std::string& alert, const Location& at, const Location& first, Findings& findings) {
    findings.error("R001", at, fmt::format("alert '{}' is defined already, at {}", alert, to_string(first)),
                   "give it a name of its own");
}

/// Alerts of one file, also of rules that have errors.
using Names = std::map<std::string, Location>;

void read_group(const yaml::Node& node, const FeatureTable& table, const Thresholds& thresholds,
                Rulebook& book, Names& names, Findings& findings) {
    yaml::Map map(node, findings);
    const std::string name = map.text("name");
    const std::string model = map.text_or("model", "");
    const yaml::Node rules = map.required("rules");
    map.done();
    if (rules.is_null()) return;
    if (!rules.is_sequence() || rules.size() == 0) {
        findings.error("R025", rules.at(), fmt::format("group '{}' has no list of rules", name),
                       "write '- alert: NAME' under 'rules'");
        return;
    }
    for (std::size_t i = 0; i < rules.size(); ++i) {
        RuleReader reader(table, name, model, thresholds, findings);
        auto rule = reader.read(rules[i]);
        const auto [first, fresh] = names.emplace(reader.alert(), reader.at());
        if (!fresh && !reader.alert().empty()) {
            taken(reader.alert(), reader.at(), first->second, findings);
        } else if (rule) {
            book.rules.push_back(std::move(*rule));
        }
    }
}

}  // namespace

Rulebook load(std::string_view text, const std::string& file, const FeatureTable& table, Findings& findings,
              const Thresholds& thresholds) {
    Rulebook book;
    const yaml::Node root = yaml::parse(text, file, findings);
    if (root.is_null()) {
        if (findings.ok())
            findings.error("R025", {file, 1, 1}, "the file is empty", "begin with 'schema: 1' and 'groups:'");
        return book;
    }
    yaml::Map map(root, findings);
    (void)map.integer("schema", {1, 1});
    const yaml::Node groups = map.required("groups");
    map.done();
    if (groups.is_sequence()) {
        Names names;
        for (std::size_t i = 0; i < groups.size(); ++i)
            read_group(groups[i], table, thresholds, book, names, findings);
    } else if (!groups.is_null()) {
        findings.error("R025", groups.at(), "'groups' is not a list", "write '- name: NAME' under 'groups'");
    }
    findings.sort();
    return book;
}

void merge(Rulebook& into, const Rulebook& more, Findings& findings) {
    for (const Rule& rule : more.rules) {
        if (const Rule* first = into.find(rule.alert)) {
            taken(rule.alert, rule.at, first->at, findings);
        } else {
            into.rules.push_back(rule);
        }
    }
}

}  // namespace bellwether::rulebook

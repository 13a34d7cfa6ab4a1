#include "bellwether/feed/profile.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/core/yaml.hpp"

#include "fields.hpp"
#include "profile_channels.hpp"

namespace bellwether::feed {
namespace {

const std::vector<std::string> kinds = {"observations", "patients", "therapy",
                                        "events",       "lesions",  "schedule"};
const std::vector<std::string> formats = {"iso",          "dotted",    "compact",  "day-mon-year",
                                          "iso-datetime", "iso-local", "study-day"};

/// Reads a map whose values are texts.
template <typename Take>
void each_text(const yaml::Node& node, Findings& findings, Take take) {
    if (!node.is_map()) {
        yaml::Map complains(node, findings);
        return;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
        if (const auto text = yaml::as_text(node[i], findings)) take(node.key(i), *text, node[i]);
    }
}

class ProfileReader {
public:
    ProfileReader(const yaml::Node& root, const ChannelCatalogue& catalogue, Findings& findings)
        : map_(root, findings), catalogue_(catalogue), findings_(findings) {}

    Profile read() {
        (void)map_.integer("schema", {1, 1});
        p_.name = map_.text("profile");
        p_.kind = static_cast<Kind>(map_.word("kind", kinds));
        read_shape();
        read_table();
        read_dates();
        read_sources();
        read_words();
        read_release();
        read_only();
        if (p_.kind == Kind::observations) read_observation_keys();
        if (p_.kind == Kind::patients) read_patient_keys();
        if (p_.kind == Kind::lesions && map_.has("diameter_unit")) {
            const auto node = map_.optional("diameter_unit");
            if (const auto factor = unit_factor(node, "mm", findings_))
                p_.diameter_unit = {node.scalar(), *factor};
        } else if (p_.kind == Kind::lesions && p_.source(Field::diameter)) {
            findings_.error("F105", map_.at(), "no unit is declared for the diameter",
                            "add 'diameter_unit: mm'");
        }
        map_.done();
        return std::move(p_);
    }

private:
    void read_shape() {
        if (p_.kind != Kind::observations && p_.kind != Kind::therapy) return;
        const std::vector<std::string> allowed = {"long",
                                                  p_.kind == Kind::observations ? "wide" : "switches"};
        if (map_.word_or("shape", allowed, 0) == 0) return;
        p_.shape = p_.kind == Kind::observations ? Shape::wide : Shape::switches;
    }

    void read_table() {
        if (!map_.has("table")) return;
        yaml::Map table(map_.optional("table"), findings_);
        const std::vector<std::string> separators = {",", ";", "\t", "|", "tab"};
        constexpr char chars[] = {',', ';', '\t', '|', '\t'};
        p_.separator = chars[table.word_or("separator", separators, 0)];
        if (table.has("decimal")) p_.decimal = table.word("decimal", {".", ","}) == 0 ? '.' : ',';
        if (table.has("missing")) p_.missing = table.texts_or_none("missing");
        const std::vector<std::string> list_separators = {";", ",", "|", " "};
        p_.list_separator = list_separators[table.word_or("list_separator", list_separators, 0)][0];
        table.done();
    }

    void read_dates() {
        if (p_.kind == Kind::schedule) return;
        yaml::Map dates(map_.required("dates"), findings_);
        p_.dates.format = static_cast<DateFormat>(dates.word("format", formats));
        const bool study = p_.dates.format == DateFormat::study_day;
        if (study) {
            const auto origin = dates.required("origin");
            if (origin.scalar() != "day-zero" || !origin.is_scalar()) {
                p_.dates.origin = yaml::as_date(origin, findings_);
            } else if (p_.kind == Kind::patients) {
                findings_.error("F108", origin.at(),
                                "a patient's own row cannot count from the patient's day zero",
                                "give the day that study day 0 stands for: 'origin: 2000-01-01'");
            }
        }
        dates.done();
    }

    void read_sources() {
        const auto columns = map_.required("columns");
        const auto constant = map_.optional("constant");
        take_sources(columns, false);
        if (map_.has("constant")) take_sources(constant, true);
        for (const auto& use : fields_of(p_.kind, p_.shape)) {
            if (!use.required || p_.source(use.field) || !columns.is_map()) continue;
            findings_.error("F103", columns.at(),
                            fmt::format("nothing gives the field '{}'", to_string(use.field)),
                            fmt::format("add '{}: COLUMN' here, or a constant", to_string(use.field)));
        }
    }

    void take_sources(const yaml::Node& node, bool constant) {
        std::vector<std::string> known;
        for (const auto& use : fields_of(p_.kind, p_.shape))
            known.emplace_back(to_string(use.field));
        each_text(node, findings_,
                  [&](const std::string& key, const std::string& text, const yaml::Node& value) {
                      const auto found = std::find(known.begin(), known.end(), key);
                      if (found == known.end()) {
                          findings_.error("F101", value.at(),
                                          fmt::format("'{}' is no field of this kind of feed", key),
                                          suggestion(key, known));
                          return;
                      }
                      const Field field =
                          fields_of(p_.kind, p_.shape)[static_cast<std::size_t>(found - known.begin())].field;
                      auto& source = p_.sources[static_cast<std::size_t>(field)];
                      if (source) {
                          findings_.error("F102", value.at(),
                                          fmt::format("the field '{}' has a column and a constant", key),
                                          "keep one of the two");
                      }
                      source = Profile::Source{text, constant};
                  });
    }

    void read_words() {
        if (!map_.has("words")) return;
        const auto node = map_.optional("words");
        yaml::Map by_field(node, findings_);
        for (const auto& use : fields_of(p_.kind, p_.shape)) {
            const std::string field(to_string(use.field));
            if (use.field == Field::channel || !by_field.has(field)) continue;
            const auto& allowed = vocabulary(use.field);
            each_text(by_field.optional(field), findings_,
                      [&](const std::string& theirs, const std::string& ours, const yaml::Node& at) {
                          if (!allowed.empty() &&
                              std::find(allowed.begin(), allowed.end(), ours) == allowed.end()) {
                              findings_.error("F110", at.at(),
                                              fmt::format("'{}' is no word for '{}'", ours, field),
                                              suggestion(ours, allowed));
                          }
                          p_.words[use.field][theirs] = ours;
                      });
        }
        by_field.done();
    }

    void read_release() {
        if (p_.kind == Kind::schedule || !map_.has("release")) return;
        yaml::Map release(map_.optional("release"), findings_);
        p_.lag = release.maybe_duration("lag");
        const auto format = release.optional("format");
        p_.released_format = static_cast<DateFormat>(
            release.word_or("format", formats, static_cast<std::size_t>(DateFormat::iso_datetime)));
        if (p_.released_format == DateFormat::iso_local || p_.released_format == DateFormat::study_day) {
            findings_.error("F108", format.at(), "a release time must be an instant or a calendar date",
                            "use iso-datetime (with a zone), iso, dotted, compact or day-mon-year");
        }
        release.done();
    }

    void read_only() {
        if (!map_.has("only")) return;
        const auto node = map_.optional("only");
        yaml::Map complains(node, findings_);
        if (!node.is_map()) return;
        for (std::size_t i = 0; i < node.size(); ++i) {
            p_.only.emplace_back(node.key(i), yaml::as_texts(node[i], findings_));
        }
    }

    void read_observation_keys() {
        p_.below = map_.texts_or_none("below");
        if (map_.has("reasons")) {
            each_text(map_.optional("reasons"), findings_,
                      [&](const std::string& mark, const std::string& why, const yaml::Node&) {
                          p_.reasons[mark] = why;
                      });
        }
        p_.channels = read_channels(map_.required("channels"), p_, catalogue_, findings_);
        if (p_.shape == Shape::rows)
            p_.ignore_unlisted = map_.word_or("unlisted", {"refuse", "ignore"}, 0) == 1;
    }

    void read_patient_keys() {
        read_attributes();
        const auto events = map_.optional("events");
        if (!map_.has("events")) return;
        if (!events.is_sequence()) {
            findings_.error("Y012", events.at(), "events is not a list",
                            "write '- {kind: death, day: os_day}' lines");
            return;
        }
        for (std::size_t i = 0; i < events.size(); ++i)
            read_event(events[i]);
    }

    /// `name: COLUMN`, or `name: {column: COLUMN, words: {theirs: ours}}`.
    void read_attributes() {
        if (!map_.has("attributes")) return;
        const auto node = map_.optional("attributes");
        yaml::Map complains(node, findings_);
        for (std::size_t i = 0; node.is_map() && i < node.size(); ++i) {
            AttributeColumn& attribute = p_.attributes[node.key(i)];
            if (node[i].is_map()) {
                yaml::Map written(node[i], findings_);
                attribute.column = written.text("column");
                each_text(written.required("words"), findings_,
                          [&](const std::string& theirs, const std::string& ours, const yaml::Node&) {
                              attribute.words[theirs] = ours;
                          });
                written.done();
            } else if (const auto column = yaml::as_text(node[i], findings_)) {
                attribute.column = *column;
            }
        }
    }

    void read_event(const yaml::Node& node) {
        yaml::Map event(node, findings_);
        EventColumn out;
        const auto kind = event.word("kind", event_kind_names());
        out.kind = parse_event_kind(event_kind_names()[kind]).value_or(EventKind::other);
        out.term = event.text_or("term", "");
        out.study_day = event.has("day");
        if (out.study_day == event.has("date")) {
            findings_.error(
                "F109", node.at(), "an event needs either 'day' or 'date'",
                "'day: COLUMN' counts from the row's day zero, 'date: COLUMN' is in the format of 'dates'");
        }
        out.column = event.text_or(out.study_day ? "day" : "date", "");
        if (event.has("when")) {
            const auto when = event.optional("when");
            yaml::Map complains(when, findings_);
            if (when.is_map() && when.size() == 1) {
                out.when_column = when.key(0);
                out.when_words = yaml::as_texts(when[0], findings_);
            } else if (when.is_map()) {
                findings_.error("F109", when.at(), "'when' names one column", "write 'when: {COLUMN: WORD}'");
            }
        }
        event.done();
        p_.events.push_back(std::move(out));
    }

    yaml::Map map_;
    const ChannelCatalogue& catalogue_;
    Findings& findings_;
    Profile p_;
};

}  // namespace

Profile read_profile(std::string_view text, const std::string& file, const ChannelCatalogue& catalogue,
                     Findings& findings) {
    const auto root = yaml::parse(text, file, findings);
    return ProfileReader(root, catalogue, findings).read();
}

}  // namespace bellwether::feed

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "decode.hpp"
#include "fields.hpp"

namespace bellwether::feed {
namespace {

class Events : public Decoder {
public:
    bool row(Row& row, const Emit& emit, const RefuseCell&) override {
        Event e;
        e.patient = row.known_patient();
        (void)row.required(Field::kind);
        e.kind = *parse_event_kind(event_kind_names()[row.word(Field::kind, 0)]);
        if (e.kind == EventKind::toxicity || e.kind == EventKind::other) (void)row.required(Field::term);
        e.term = row.text(Field::term);
        e.date = row.required_date(Field::date);
        e.grade = row.whole(Field::grade, 1, 5);
        const auto resolved = row.date(Field::resolved);
        if (resolved && *resolved < e.date) {
            row.refuse(Field::resolved, "F014", "resolved before it began", "correct one of the two");
        }
        Event closed = e;
        closed.resolved = resolved;
        const Version opened = row.version(e.date);
        if (!resolved || row.released_stated()) {
            emit({std::move(closed), opened});
        } else {
            emit_in_steps({std::move(e), opened}, {std::move(closed), row.version(resolved)}, emit);
        }
        return true;
    }
};

class Lesions : public Decoder {
public:
    bool row(Row& row, const Emit& emit, const RefuseCell&) override {
        Lesion l;
        l.patient = row.known_patient();
        l.lesion = row.required(Field::lesion);
        l.taken = row.required_date(Field::taken);
        l.role = static_cast<Lesion::Role>(row.word(Field::role, 0));
        l.nodal = row.word(Field::nodal, 1) == 0;
        l.organ = row.text(Field::organ);
        l.state = vocabulary(Field::state)[row.word(Field::state, 0)];
        const int column = row.file().binding.column(Field::diameter);
        if (const auto x = row.number(column)) l.diameter_mm = *x * row.file().profile.diameter_unit->factor;
        constexpr double longest_mm = 1000.0;  // no lesion in a body is longer than a metre
        if (l.diameter_mm && (*l.diameter_mm < 0.0 || *l.diameter_mm > longest_mm)) {
            row.refuse(Field::diameter, "F022",
                       fmt::format("a diameter of {} mm is impossible", shortest(*l.diameter_mm)),
                       "possible: 0 to 1000; is the unit right?");
        }
        if (l.role == Lesion::Role::target && l.state == "measured" && !l.diameter_mm) {
            row.refuse(Field::diameter, "F004", "a measured target lesion without a diameter",
                       "fill it in, or state too_small, absent or not_evaluable");
        }
        auto version = row.version(l.taken);
        emit({std::move(l), std::move(version)});
        return true;
    }
};

class Schedule : public Decoder {
public:
    bool row(Row& row, const Emit& emit, const RefuseCell&) override {
        PlannedVisit v;
        (void)row.required(Field::trial);
        v.trial = row.text(Field::trial);
        v.arm = row.text(Field::arm);
        v.name = row.required(Field::name);
        (void)row.required(Field::day);
        v.day = *row.whole(Field::day, -3650, 36500);
        v.window_before = row.whole(Field::window_before, 0, 365).value_or(v.window_before);
        v.window_after = row.whole(Field::window_after, 0, 365).value_or(v.window_after);
        read_channels(row, v);
        Version version;
        version.source = row.file().name + ":" + std::to_string(row.csv().line());
        // A protocol is written before its patients come: a backfill knows it from the beginning.
        constexpr Date first(-25567);  // 1900-01-01, the earliest clinical date of a feed
        if (row.file().context.backfill) version.learnt = Instant::start_of(first);
        emit({std::move(v), std::move(version)});
        return true;
    }

private:
    static void read_channels(const Row& row, PlannedVisit& v) {
        const auto& words = row.file().binding.words(Field::channels);
        for (const auto& part : split(row.required(Field::channels), row.file().profile.list_separator)) {
            std::string name(trim(part));
            if (name.empty()) continue;
            if (const auto it = words.find(name); it != words.end()) name = it->second;
            if (!row.file().catalogue.contains(name)) {
                row.refuse(Field::channels, "F002", fmt::format("unknown channel '{}'", name),
                           suggestion(name, names(row.file().catalogue)));
            }
            v.channels.push_back(std::move(name));
        }
    }
};

}  // namespace

std::unique_ptr<Decoder> event_decoder() {
    return std::make_unique<Events>();
}
std::unique_ptr<Decoder> lesion_decoder() {
    return std::make_unique<Lesions>();
}
std::unique_ptr<Decoder> schedule_decoder() {
    return std::make_unique<Schedule>();
}

}  // namespace bellwether::feed

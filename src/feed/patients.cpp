#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "decode.hpp"

namespace bellwether::feed {
namespace {

bool holds(const std::vector<std::string>& words, std::string_view text) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

class Patients : public Decoder {
public:
    bool row(Row& row, const Emit& emit, const RefuseCell&) override {
        Patient p;
        p.id = row.required(Field::patient);
        p.trial = row.text(Field::trial);
        p.arm = row.text(Field::arm);
        p.site = row.text(Field::site);
        p.sex = static_cast<Sex>(row.word(Field::sex, 0));
        p.birth_year = row.whole(Field::birth_year, 1880, row.file().last_day.year());
        p.day_zero = row.date(Field::day_zero);
        for (const auto& [name, attribute] : row.file().profile.attributes) {
            const auto text = read_attribute(row, name, attribute);
            if (!text.empty()) p.attributes.emplace(name, text);
        }
        std::vector<Record> events;  // first all of the row, then out: a refused row gives nothing
        for (const auto& told : row.file().profile.events)
            read_event(row, told, p, events);
        auto version = row.version(p.day_zero);
        emit({std::move(p), std::move(version)});
        for (auto& e : events)
            emit(std::move(e));
        return true;
    }

private:
    static std::string read_attribute(const Row& row, const std::string& name,
                                      const AttributeColumn& attribute) {
        const int column = row.file().binding.column(attribute.column);
        const std::string text(row.cell(column));
        if (attribute.words.empty() || text.empty()) return text;
        if (const auto it = attribute.words.find(text); it != attribute.words.end()) return it->second;
        std::vector<std::string> known;
        for (const auto& [theirs, ours] : attribute.words)
            known.push_back(theirs);
        row.refuse(column, "F030", fmt::format("'{}' is no word for the attribute '{}'", text, name),
                   suggestion(text, known));
    }

    static void read_event(const Row& row, const EventColumn& told, const Patient& p,
                           std::vector<Record>& out) {
        const int column = row.file().binding.column(told.column);
        if (!told.when_column.empty()) {
            const auto when = row.cell(row.file().binding.column(told.when_column));
            if (!holds(told.when_words, when)) return;
            if (row.cell(column).empty()) {
                row.refuse(column, "F004", "the event happened, but its day is empty", "fill it in");
            }
        }
        if (row.cell(column).empty()) return;
        Event e;
        e.patient = p.id;
        e.kind = told.kind;
        e.term = told.term;
        e.date = told.study_day ? row.study_day(column, p.day_zero) : row.date_in(column);
        out.push_back({e, row.version(e.date)});
    }
};

}  // namespace

std::unique_ptr<Decoder> patient_decoder() {
    return std::make_unique<Patients>();
}

}  // namespace bellwether::feed

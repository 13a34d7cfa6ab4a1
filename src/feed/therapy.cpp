#include <map>

#include <fmt/format.h>

#include "decode.hpp"

namespace bellwether::feed {
namespace {

/// Rows of regimen, start, stop.
class Intervals : public Decoder {
public:
    bool row(Row& row, const Emit& emit, const RefuseCell&) override {
        TherapyInterval t;
        t.patient = row.known_patient();
        (void)row.required(Field::regimen);
        t.regimen = row.text(Field::regimen);
        t.start = row.required_date(Field::start);
        t.dose = row.text(Field::dose);
        const auto stop = row.date(Field::stop);
        if (stop && *stop <= t.start) {
            row.refuse(Field::stop, "F014", "the stop does not lie after the start",
                       "correct one of the two");
        }
        const Version opened = row.version(t.start);
        TherapyInterval closed = t;
        closed.stop = stop;
        closed.reason = row.text(Field::reason);
        if (!stop) {
            emit({std::move(closed), opened});
        } else if (row.released_stated()) {
            emit({std::move(closed), opened});
        } else {
            emit_in_steps({std::move(t), opened}, {std::move(closed), row.version(stop)}, emit);
        }
        return true;
    }
};

/// Rows of "on" and "off", in the order of time for each patient and regimen.
class Switches : public Decoder {
public:
    bool row(Row& row, const Emit& emit, const RefuseCell&) override {
        TherapyInterval t;
        t.patient = row.known_patient();
        (void)row.required(Field::regimen);
        t.regimen = row.text(Field::regimen);
        t.start = row.required_date(Field::at);
        t.dose = row.text(Field::dose);
        (void)row.required(Field::turn);
        const bool on = row.word(Field::turn, 0) == 0;
        Version version = row.version(t.start);
        const auto key = std::pair(t.patient, t.regimen);
        const auto held = open_.find(key);
        if (on) {
            if (held != open_.end()) {
                row.refuse(Field::turn, "F041", fmt::format("'{}' is on already", t.regimen),
                           "add the row that ends it");
            }
            open_.emplace(key, Record{std::move(t), std::move(version)});
            return true;
        }
        if (held == open_.end()) {
            row.refuse(Field::turn, "F040", fmt::format("'{}' goes off, but was not on", t.regimen),
                       "add the row that begins it, above this one");
        }
        auto closed = std::get<TherapyInterval>(held->second.content);
        if (t.start <= closed.start) {
            row.refuse(Field::at, "F014", "the stop does not lie after the start", "correct one of the two");
        }
        closed.stop = t.start;
        closed.reason = row.text(Field::reason);
        Record opened = std::move(held->second);
        open_.erase(held);
        emit_in_steps(std::move(opened), {std::move(closed), std::move(version)}, emit);
        return true;
    }

    void finish(const Emit& emit) override {
        for (auto& [key, record] : open_)
            emit(std::move(record));
        open_.clear();
    }

private:
    std::map<std::pair<std::string, std::string>, Record> open_;
};

}  // namespace

void emit_in_steps(Record opened, Record closed, const Emit& emit) {
    // Two versions of equal rank and different content would be a conflict: then the later truth alone is
    // told.
    const bool apart = opened.version.released && closed.version.released &&
                       *opened.version.released < *closed.version.released;
    if (apart) emit(std::move(opened));
    emit(std::move(closed));
}

std::unique_ptr<Decoder> therapy_decoder(Shape shape) {
    if (shape == Shape::switches) return std::make_unique<Switches>();
    return std::make_unique<Intervals>();
}

}  // namespace bellwether::feed

#pragma once

#include <vector>

#include <rapidcheck.h>

#include "bellwether/record/record.hpp"

/// Records from a universe so small that ties, conflicts and cancellations are common.
namespace bellwether::testing {

inline Instant minute_instant(int n) {
    return Instant(static_cast<std::int64_t>(n) * 60'000'000);
}

inline rc::Gen<Version> versions(int instants) {
    return rc::gen::exec([instants] {
        Version v;
        v.learnt = minute_instant(*rc::gen::inRange(0, instants));
        if (*rc::gen::inRange(0, 3) > 0) v.released = minute_instant(*rc::gen::inRange(0, instants));
        v.status = static_cast<Status>(*rc::gen::inRange(0, 4));
        v.source = *rc::gen::element(std::string("a.csv:2"), std::string("b.csv:7"));
        return v;
    });
}

inline rc::Gen<Content> contents(const std::string& patient) {
    return rc::gen::exec([patient]() -> Content {
        const Date day(*rc::gen::inRange(20000, 20003));
        switch (*rc::gen::inRange(0, 8)) {
            case 0: {
                Patient p;
                p.id = patient;
                p.arm = *rc::gen::element(std::string("A"), std::string("B"));
                if (*rc::gen::arbitrary<bool>()) p.attributes["ecog"] = "1";
                return p;
            }
            case 1: {
                TherapyInterval t;
                t.patient = patient, t.regimen = "nivolumab", t.start = day;
                if (*rc::gen::arbitrary<bool>()) t.stop = day + 21;
                return t;
            }
            case 2: {
                Lesion l;
                l.patient = patient, l.lesion = "T01", l.taken = day;
                l.diameter_mm = *rc::gen::element(20.0, 21.0);
                return l;
            }
            case 3: {
                Event e;
                e.patient = patient, e.kind = EventKind::toxicity, e.term = "colitis", e.date = day;
                e.grade = *rc::gen::inRange(1, 3);
                return e;
            }
            default: {
                Observation o;
                o.patient = patient, o.taken = day;
                o.channel = *rc::gen::element(std::string("ctdna"), std::string("ldh"));
                if (*rc::gen::arbitrary<bool>())
                    o.accession = *rc::gen::element(std::string("1"), std::string("2"));
                if (*rc::gen::inRange(0, 4) == 0) o.minute = 480;
                if (*rc::gen::inRange(0, 5) > 0)
                    o.reading =
                        Reading{*rc::gen::element(1.0, 2.0), *rc::gen::element(Censor::none, Censor::left)};
                else
                    o.missing_reason = "haemolysed";
                return o;
            }
        }
    });
}

inline rc::Gen<Record> records(const std::string& patient, int instants) {
    return rc::gen::exec([patient, instants] { return Record{*contents(patient), *versions(instants)}; });
}

}  // namespace bellwether::testing

#include "reporter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "laboratory.hpp"

namespace bellwether::trial {
namespace {

// What goes wrong between a laboratory and the office, per sample or result. Illustrative.
constexpr double preliminary_first = 0.05;
constexpr double wrong_at_first = 0.02;  // corrected later
constexpr double withdrawn = 0.007;      // cancelled later
constexpr double not_measurable = 0.006;
constexpr double sent_twice = 0.01;
constexpr int resent_after = 7;  // days

class Reporter {
public:
    Reporter(const VirtualPatient& p, const Course& c, std::uint64_t seed, Spool& spool)
        : p_(p),
          c_(c),
          spool_(spool),
          noise_(seed, static_cast<std::uint64_t>(p.index), Stream::Use::assay),
          random_(seed, static_cast<std::uint64_t>(p.index), Stream::Use::release) {}

    void run() {
        patient();
        for (const auto& visit : c_.visits)
            samples(visit);
        for (const auto& scan : c_.scans)
            imaging(scan);
        therapies();
        events();
    }

private:
    [[nodiscard]] std::string date(int day) const { return to_string(p_.day_zero + day); }

    /// Office hours of a day.
    Instant at(int day) {
        const int minute = random_.integer(9 * 60, 17 * 60 + 59);
        return Instant(Instant::start_of(p_.day_zero + day).microseconds() + 60'000'000LL * minute);
    }

    void add(Feed feed, Instant released, const std::string& line) {
        spool_.add(feed, released, line);
        if (random_.chance(sent_twice))
            spool_.add(feed, Instant(released.microseconds() + 86'400'000'000LL * resent_after), line);
    }

    void patient() {
        // A week before anything else can be released, so that no row comes from an unknown patient.
        const Instant released = at(-21);
        spool_.add(
            Feed::patients, released,
            fmt::format("{},VT,{},{},{},{},{},{},{}", p_.id, p_.arm, p_.site, p_.female ? "female" : "male",
                        p_.birth_year, to_string(p_.day_zero), p_.ecog, to_string(released)));
    }

    struct Sample {
        Route route;
        int day = 0;
        std::string draw_time, accession;
        bool scheduled = true;
    };

    Sample sample(const Route& route, const Visit& v, int minute) {
        ++tubes_;
        return {route, v.day, fmt::format("{:02}:{:02}", minute / 60, minute % 60),
                fmt::format("{}-{:05}-{:03}", route.prefix, p_.index, tubes_), v.scheduled};
    }

    void samples(const Visit& v) {
        const State& x = c_.daily[static_cast<std::size_t>(std::max(0, v.day))];
        const int minute = random_.integer(8 * 60, 12 * 60);
        if (v.blood) {
            send(sample(blood_route(p_), v, minute), blood_findings(p_, c_, v.day, noise_));
            send(sample(flow_route(), v, minute), flow_findings(p_, x, noise_));
        }
        if (v.ctdna) send(sample(ctdna_route(p_, v.day), v, minute), ctdna_findings(p_, x, v.day, noise_));
        if (v.biopsy) send(sample(tissue_route(), v, minute + 60), tissue_findings(p_, x, noise_));
    }

    void row(const Sample& s, std::string_view channel, const Printed& text, std::string_view status,
             Instant released) {
        add(Feed::observations, released,
            fmt::format("{},{},{},{},{}T{},{},{},{},{},{},{},{}", p_.id, channel, text.value, text.unit,
                        date(s.day), s.draw_time, to_string(released), status, s.accession, s.route.assay,
                        s.route.laboratory, s.route.specimen, s.scheduled ? "yes" : "no"));
    }

    void send(const Sample& s, const std::vector<Finding>& findings) {
        int out = s.day + random_.integer(s.route.soonest, s.route.latest);
        const Instant first = at(out);
        const bool preliminary = random_.chance(preliminary_first);
        if (preliminary) {
            for (const auto& f : findings)
                row(s, f.channel, print(f.channel, disturbed(f, 0.05), s.route), "preliminary", first);
            out += random_.integer(1, 4);
        }
        const Instant released = preliminary ? at(out) : first;
        for (const auto& f : findings)
            result(s, f, out, released);
    }

    /// A limit of normal is no measurement: it is never disturbed.
    double disturbed(const Finding& f, double sigma) {
        const bool score = f.channel == "exhaustion" || f.channel == "tcell_activity";
        const double draw = random_.normal();
        if (f.channel == "ldh_uln") return f.value;
        return score ? f.value + 3.0 * sigma * draw : std::min(f.value * std::exp(sigma * draw), capped(f));
    }

    static double capped(const Finding& f) {
        const bool share = f.channel == "ctdna" || f.channel == "mdsc" || f.channel == "treg";
        return share ? 99.0 : std::numeric_limits<double>::infinity();
    }

    void result(const Sample& s, const Finding& f, int out, Instant released) {
        const Printed right = print(f.channel, f.value, s.route);
        if (random_.chance(not_measurable)) {
            row(s, f.channel, {f.channel == "ldh" ? "haemolysed" : "QNS", right.unit}, "final", released);
        } else if (random_.chance(wrong_at_first)) {
            row(s, f.channel, print(f.channel, disturbed(f, 0.5), s.route), "final", released);
            row(s, f.channel, right, "corrected", at(out + random_.integer(3, 30)));
        } else {
            row(s, f.channel, right, "final", released);
            if (random_.chance(withdrawn))
                row(s, f.channel, {"", right.unit}, "cancelled", at(out + random_.integer(2, 14)));
        }
    }

    void imaging(const Scan& scan) {
        const Visit v{scan.day, scan.scheduled, false, false, false};
        const Sample s = sample(imaging_route(), v, random_.integer(8 * 60, 16 * 60));
        const int out = scan.day + random_.integer(s.route.soonest, s.route.latest);
        const Instant released = at(out);
        const bool reread = random_.chance(wrong_at_first);
        const double slip = reread ? std::exp(0.12 * random_.normal()) : 1.0;
        read(s, scan, slip, "final", released);
        if (reread) read(s, scan, 1.0, "corrected", at(out + random_.integer(3, 21)));
    }

    /// One reading of a scan: the lesions and their sum, which is the sum of these very rows.
    void read(const Sample& s, const Scan& scan, double slip, std::string_view status, Instant released) {
        double sum = 0.0;
        for (const auto& lesion : scan.lesions) {
            const double mm = std::round(lesion.diameter_mm * slip * 10.0) / 10.0;
            const bool measured = lesion.state == "measured";
            sum += measured ? mm : lesion.state == "too_small" ? 5.0 : 0.0;
            add(Feed::lesions, released,
                fmt::format("{},{},{},{},{},{},{},{},{},{}", p_.id, lesion.id, date(s.day), lesion.role,
                            lesion.nodal ? "yes" : "no", lesion.organ,
                            measured ? fmt::format("{:.1f}", mm) : "", lesion.state, to_string(released),
                            status));
        }
        row(s, "sld", print("sld", sum, s.route), status, released);
    }

    void therapies() {
        for (const auto& t : c_.therapies) {
            const std::string dose = t.regimen == "docetaxel" ? "75 mg/m2 q3w" : "protocol dose q3w";
            const Instant begun = at(t.start + random_.integer(0, 3));
            const auto line = [&](std::string_view stop, std::string_view reason, Instant released) {
                return fmt::format("{},{},{},{},{},{},{},final", p_.id, t.regimen, date(t.start), stop, dose,
                                   reason, to_string(released));
            };
            add(Feed::therapy, begun, line("", "", begun));
            if (!t.stop) continue;
            const Instant ended =
                std::max(at(*t.stop + random_.integer(1, 5)), Instant(begun.microseconds() + 1'000'000));
            add(Feed::therapy, ended, line(date(*t.stop), t.reason, ended));
        }
    }

    void event(std::string_view kind, std::string_view term, int day, std::string_view resolved,
               std::string_view grade, int out) {
        const Instant released = at(out);
        add(Feed::events, released,
            fmt::format("{},{},{},{},{},{},{},final", p_.id, kind, term, date(day), resolved, grade,
                        to_string(released)));
    }

    void events() {
        if (c_.progression)
            event("progression", "", *c_.progression, "", "", *c_.progression + random_.integer(6, 10));
        std::size_t known = 0;
        for (const auto& scan : c_.scans) {
            const auto is_new = [](const LesionReading& l) { return l.role == "new"; };
            const auto seen =
                static_cast<std::size_t>(std::count_if(scan.lesions.begin(), scan.lesions.end(), is_new));
            if (seen > known) event("new_lesion", "", scan.day, "", "", scan.day + random_.integer(2, 6));
            known = std::max(known, seen);
        }
        for (const auto& t : c_.toxicities)
            toxicity(t);
        for (int day = 84; day < c_.last_day; day += 84)
            event("last_known_alive", "", day, "", "", day + random_.integer(0, 10));
        const int unwatched = c_.switched ? *c_.switched + lab_follow_up_after_switch : c_.last_day;
        if (unwatched < c_.last_day) event("other", "end of monitoring", unwatched, "", "", unwatched + 1);
        if (c_.dropped_out)
            event("other", "withdrawal", c_.last_day, "", "", c_.last_day + random_.integer(1, 10));
        if (c_.died) {
            event("death", "", *c_.died, "", "", *c_.died + random_.integer(1, 21));
        } else {
            event("last_known_alive", "", c_.last_day, "", "", c_.last_day + random_.integer(0, 5));
        }
    }

    void toxicity(const Toxicity& t) {
        const std::string grade = std::to_string(t.grade);
        const int told = t.start + random_.integer(1, 5);
        event("toxicity", t.term, t.start, "", grade, told);
        if (t.end < c_.last_day)
            event("toxicity", t.term, t.start, date(t.end), grade,
                  std::max(told, t.end) + random_.integer(1, 6));
    }

    const VirtualPatient& p_;
    const Course& c_;
    Spool& spool_;
    Stream noise_, random_;
    int tubes_ = 0;
};

}  // namespace

void report_patient(const TrialOptions& options, const VirtualPatient& patient, const Course& course,
                    Spool& spool) {
    Reporter(patient, course, options.seed, spool).run();
}

}  // namespace bellwether::trial

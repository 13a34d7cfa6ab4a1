#include "sample.hpp"

namespace bellwether::report::sample {
namespace {

constexpr const char* evidence =
    R"j({"at":"2026-03-06","because":[{"call":"P(growing)","reason":{"against":"not growing","label":"growing",)j"
    R"j("model":"io","visits":[{"channels":{"ctdna":-1.2,"sld":0.1},"date":"2026-01-23","log_odds":-2.1,)j"
    R"j("p":0.109,"time":-0.2},{"channels":{"ctdna":0.8},"date":"2026-02-13","log_odds":-1.2,"p":0.231,"time":0.1},)j"
    R"j({"channels":{"ctdna":1.94,"sld":-0.21},"date":"2026-03-06","log_odds":2.3,"p":0.909,"time":-0.1}]},)j"
    R"j("unit":"1","value":0.909},{"call":"fold(ctdna, nadir)","unit":"1","value":2.4},)j"
    R"j({"call":"toxicity(colitis)","unknown":"no report"}],)j"
    R"j("summary":"P(growing) 91%; ctDNA 2.4 times its nadir","unless_unknown":["no reading of mdsc"]})j";

Instant end(const char* iso) {
    return Instant::end_of(day(iso));
}

void add(series::Timeline& t, const std::string& channel, const char* date, double value,
         Censor censor = Censor::none, int segment = 0) {
    auto& track = t.tracks[channel];
    track.channel = channel;
    track.points.push_back({day(date), -1, {value, censor}, segment});
}

std::vector<InForce> in_force() {
    return {{"rules", "", "1a2b3c4d5e6f7a8b", end("2026-01-01")},
            {"model", "io", "9f8e7d6c5b4a3f2e", end("2026-01-01")},
            {"regimens", "io", "5566778899aabbcc", end("2026-01-01")}};
}

}  // namespace

Date day(const char* iso) {
    return Date::parse(iso).value();
}

series::Timeline timeline(const std::string& patient) {
    series::Timeline t;
    t.patient.id = patient;
    t.patient.trial = "T1", t.patient.site = "03", t.patient.arm = "B";
    t.patient.day_zero = day("2025-11-21");
    add(t, "ctdna", "2025-11-21", 5.2);
    add(t, "ctdna", "2025-12-12", 1.1);
    add(t, "ctdna", "2026-01-02", 0.1, Censor::left);
    add(t, "ctdna", "2026-01-23", 0.17);
    add(t, "ctdna", "2026-02-13", 0.3);
    add(t, "ctdna", "2026-03-06", 0.41);
    add(t, "sld", "2025-11-20", 84);
    add(t, "sld", "2026-01-23", 51);
    add(t, "sld", "2026-03-06", 48);
    t.therapies.push_back({patient, "pembrolizumab", day("2025-11-21"), std::nullopt, "200 mg q3w", ""});
    t.events.push_back({patient, EventKind::toxicity, "colitis", day("2026-02-11"), std::nullopt, 3});
    return t;
}

ChannelCatalogue catalogue() {
    Channel ctdna;
    ctdna.name = "ctdna", ctdna.title = "ctDNA (mean variant allele fraction)", ctdna.unit = "%",
    ctdna.group = "ctdna";
    ctdna.scale = Scale::log, ctdna.harm = Harm::up;
    Channel sld = ctdna;
    sld.name = "sld", sld.title = "sum of longest diameters", sld.unit = "mm", sld.group = "imaging";
    return {{"ctdna", ctdna}, {"sld", sld}};
}

AlertLine alert_line(std::int64_t id, const std::string& patient, Standing standing) {
    AlertLine line;
    auto& a = line.alert;
    a.id = id, a.patient = patient;
    a.episode = {"ctdna-rising-confirmed", day("2026-02-13"), day("2026-03-06"), std::nullopt,
                 Severity::review,         evidence};
    a.raised = end("2026-03-07"), a.changed = a.raised;
    a.rules_hash = "1a2b3c4d5e6f7a8b";
    line.standing = standing;
    line.site = "03", line.arm = "B";
    line.title = "ctDNA rising, confirmed by a second sample", line.maturity = "incubating";
    line.illustrative = true;
    line.sources = {"D05", "D07"};
    line.proposal = "switch", line.bottleneck = "escape";
    line.options = {{"switch-chemo",
                     therapy::MoveKind::switch_,
                     "docetaxel",
                     "Switch to docetaxel",
                     therapy::Standing::open,
                     {},
                     1,
                     {}},
                    {"add-ctla4",
                     therapy::MoveKind::intensify,
                     "pembro+ipi",
                     "Add ipilimumab",
                     therapy::Standing::withheld,
                     {"colitis grade 3 since 2026-02-11"},
                     0,
                     {}},
                    {"switch-platinum",
                     therapy::MoveKind::switch_,
                     "carboplatin",
                     "Switch to carboplatin",
                     therapy::Standing::barred,
                     {"creatinine 2026-03-06: 190 umol/L"},
                     0,
                     {}}};
    line.role = "clinician";
    line.answer_by = day("2026-03-14");
    return line;
}

Review review() {
    Review r;
    r.store_kind = "simulated";
    r.as_of = end("2026-03-16"), r.since = end("2026-03-09"), r.scanned_to = r.as_of;
    r.in_force = in_force();
    r.patients = 40;
    r.groups = {{"03", "B", 22}, {"07", "A", 18}};
    r.inputs = "14 feed files";
    r.catalogue = catalogue();
    auto urgent = alert_line(41, "P-0031", Standing::new_);
    urgent.alert.episode.severity = Severity::urgent;
    urgent.answer_overdue = true;
    auto open = alert_line(17, "P-0007", Standing::still_open);
    open.site = "07", open.arm = "A";
    open.alert.human = HumanState::acknowledged, open.alert.human_by = "dr.x",
    open.alert.human_until = end("2026-03-20");
    open.alert.human_why = "scan ordered";
    auto resolved = alert_line(9, "P-0012", Standing::resolved);
    resolved.alert.state = MachineState::resolved, resolved.alert.episode.ended = day("2026-03-12");
    resolved.alert.changed = end("2026-03-13");
    r.alerts = {urgent, open, resolved};
    r.timelines = {{"P-0031", timeline("P-0031")}, {"P-0007", timeline("P-0007")}};
    r.overdue = {{"P-0031", "03", "B", "C6D1", day("2026-03-06"), 7, {"sld"}}};
    r.schedule_known = true;
    r.not_assessable = {{"P-0002", "07", "A", "mdsc-expanding", {"no reading of mdsc"}},
                        {"P-0003", "07", "A", "mdsc-expanding", {"no reading of mdsc"}}};
    r.quarantine = {{5, "lab_2026-03-12.csv", 118, 4, "F012", "unit 'mg/dl' is not declared"}};
    return r;
}

PatientPage page() {
    PatientPage p;
    p.store_kind = "simulated";
    p.as_of = end("2026-03-16"), p.scanned_to = p.as_of;
    p.in_force = in_force();
    p.timeline = timeline("P-0031");
    p.timeline.unmeasured = {{"exhaustion_norm", "no tcell_activity"}};
    p.catalogue = catalogue();
    p.response = {{"RECIST 1.1 target response", "PR 2026-01-23"}};
    p.states = {
        {"io",
         "kinetics",
         {"shrinking", "stable", "growing", "dead"},
         {day("2025-12-12"), day("2026-01-02"), day("2026-01-23"), day("2026-02-13"), day("2026-03-06")},
         {{0.7, 0.25, 0.05, 0},
          {0.8, 0.15, 0.05, 0},
          {0.3, 0.59, 0.109, 0.001},
          {0.1, 0.669, 0.231, 0},
          {0.02, 0.071, 0.909, 0}},
         {{28, {0.03, 0.1, 0.82, 0.05}}, {56, {0.04, 0.12, 0.74, 0.1}}}},
        {"io",
         "bottleneck",
         {"none", "exhausted", "suppressed", "dead"},
         {day("2025-12-12"), day("2026-01-02"), day("2026-01-23"), day("2026-02-13"), day("2026-03-06")},
         {{0.8, 0.1, 0.1, 0}, {0.8, 0.1, 0.1, 0}, {0.6, 0.3, 0.1, 0}, {0.4, 0.5, 0.1, 0}, {0.2, 0.7, 0.1, 0}},
         {}}};
    p.alerts = {alert_line(41, "P-0031", Standing::still_open)};
    p.options = p.alerts[0].options;
    p.current_regimen = "pembrolizumab";
    p.not_assessable = {{"P-0031", "03", "B", "mdsc-expanding", {"no reading of mdsc"}}};
    p.missing = {"ctdna 2026-02-20: haemolysed"};
    return p;
}

}  // namespace bellwether::report::sample

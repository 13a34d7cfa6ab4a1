#include <algorithm>
#include <filesystem>

#include "bellwether/app/rules.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/derive/derive.hpp"
#include "bellwether/drift/features.hpp"
#include "bellwether/rulebook/evaluate.hpp"
#include "bellwether/rulebook/load.hpp"

namespace bellwether::app {
namespace {

/// Day 0 of every rule test; any date would do.
const Date day_zero = Date(19723);  // 2024-01-01

PatientHistory history_of(const rulebook::TestCase& test) {
    PatientHistory h;
    h.patient = "test";
    const auto add = [&](Content c, int day) {
        Record r;
        r.content = std::move(c);
        r.version.learnt = Instant::start_of(day_zero + day);
        h.versions.push_back(std::move(r));
    };
    Patient p;
    p.id = h.patient;
    p.day_zero = day_zero;
    for (const auto& [name, value] : test.attributes) {
        if (name == "arm")
            p.arm = value;
        else if (name == "site")
            p.site = value;
        else if (name == "sex")
            p.sex = value == "female" ? Sex::female : value == "male" ? Sex::male : Sex::unknown;
        else
            p.attributes[name] = value;
    }
    add(p, -36500);
    for (const auto& [channel, readings] : test.series)
        for (const auto& r : readings) {
            Observation o;
            o.patient = h.patient;
            o.channel = channel;
            o.taken = day_zero + r.day;
            o.reading = Reading{r.value, static_cast<Censor>(static_cast<int>(r.censor))};
            add(o, r.day);
        }
    for (const auto& t : test.therapy) {
        TherapyInterval i;
        i.patient = h.patient;
        i.regimen = t.regimen;
        i.start = day_zero + t.from;
        add(i, t.from);
        if (t.to) {
            i.stop = day_zero + *t.to;
            add(i, *t.to);
        }
    }
    for (const auto& e : test.events) {
        Event event;
        event.patient = h.patient;
        event.kind = parse_event_kind(e.kind).value_or(EventKind::other);
        event.term = e.term;
        event.grade = e.grade;
        event.date = day_zero + e.day;
        add(event, e.day);
    }
    return h;
}

/// The posterior of one model as the test gives it. Labels are given without their model: they hold for each.
std::shared_ptr<const drift::Posterior> given_posterior(const rulebook::TestCase& test) {
    std::map<std::string, std::vector<std::pair<Date, double>>> tracks;
    for (const auto& [call, readings] : test.given) {
        if ((call.name != "P" && call.name != "evidence") || call.args.empty()) continue;
        const auto key = call.args.size() == 1 ? call.args.front().word : to_string(call);
        for (const auto& r : readings)
            tracks[key].emplace_back(day_zero + r.day, r.value);
    }
    return std::make_shared<const drift::GivenPosterior>(std::move(tracks));
}

std::vector<std::string> open_alerts(const rulebook::TestCase& test, const PatientHistory& history, int day,
                                     const rulebook::Rulebook& book, const drift::Table& table,
                                     const RuleSet& rules) {
    const Date d = day_zero + day;
    // A test may write down a derived channel as it stands: then it is taken as measured.
    auto catalogue = table.catalogue();
    for (const auto& [channel, readings] : test.series)
        if (const auto found = catalogue.find(channel); found != catalogue.end())
            found->second.derived = false;
    auto timeline = series::build(as_known_at(history, Instant::end_of(d)), catalogue);
    derive::extend(timeline, catalogue);
    std::map<std::string, std::shared_ptr<const drift::Posterior>> posteriors;
    const auto given = given_posterior(test);
    for (const auto& [model, words] : rules.words)
        posteriors[model] = given;
    drift::Features features(timeline, table, d, std::move(posteriors));
    const auto verdicts = rulebook::evaluate(book, features, d);
    std::vector<std::string> open;
    for (std::size_t r = 0; r < book.rules.size(); ++r)
        if (verdicts.rules[r].open()) open.push_back(book.rules[r].alert);
    std::sort(open.begin(), open.end());
    return open;
}

}  // namespace

TestReport test_rules(const RuleFiles& files, const std::map<std::string, drift::ModelWords>& words,
                      const ChannelCatalogue& catalogue, Findings& findings) {
    namespace fs = std::filesystem;
    TestReport report;
    for (const auto& file : files.rules) {
        RuleFiles one;
        one.rules = {file};
        const RuleSet set = make_rule_set(one, words, {});
        const auto table = make_table(set, catalogue);
        const auto book = load_rules(set, *table, findings);
        std::vector<rulebook::RuleTest> mine;
        for (const auto& f : files.tests) {
            Findings first_look;
            const auto named = rulebook::read_test(f.text, f.name, *table, nullptr, first_look);
            const auto target = (fs::path(f.name).parent_path() / named.rules).lexically_normal();
            if (target != fs::path(file.name).lexically_normal()) continue;
            mine.push_back(rulebook::read_test(f.text, f.name, *table, &book, findings));
        }
        if (!findings.ok()) continue;
        for (const auto& suite : mine)
            for (const auto& test : suite.tests) {
                ++report.tests;
                const auto history = history_of(test);
                rulebook::TestOutcome got;
                for (const auto& [day, alerts] : test.expected)
                    got.open.push_back(open_alerts(test, history, day, book, *table, set));
                const auto lines = rulebook::compare(test, got);
                report.failures.insert(report.failures.end(), lines.begin(), lines.end());
            }
        const auto silent = rulebook::never_raised(book, mine);
        report.never_raised.insert(report.never_raised.end(), silent.begin(), silent.end());
    }
    return report;
}

}  // namespace bellwether::app

// Replays of a store's history under the shipped immuno-oncology model and thirty rules of several shapes.
// usage: bench_replay make STORE PATIENTS VISITS    a store: each result is learnt some days after its sample
//        bench_replay run STORE [THREADS [DAYS]]    DAYS: results looked at every so many days; 0: as learnt
//                                                   prints:
//                                                   patients,seconds,cpu_seconds,alerts,peak_kilobytes
//        bench_replay anew STORE PATIENTS           the same walk, and one that judges everything anew at
//        each
//                                                   instant; prints:
//                                                   patients,instants,walk_seconds,anew_seconds

#include "bellwether/app/replay.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <random>

#include <fmt/format.h>
#include <sys/resource.h>

#include "bellwether/app/rules.hpp"
#include "bellwether/app/scan.hpp"
#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/model.hpp"

using namespace bellwether;

namespace {

const Date day_zero = *Date::parse("2020-01-06");
const Instant begin = Instant::start_of(day_zero - 30);
const char* const spec_file = "models/immuno-oncology/kinetics-bottleneck.yaml";

double seconds_since(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

/// The shipped model at its start values, declared converged: speed does not depend on where a fit ended.
std::string model_text() {
    Findings findings;
    markov::FittedModel m;
    m.spec = markov::read_spec(read_text(spec_file), spec_file, findings);
    if (!findings.ok()) throw InputError(findings);
    m.spec_hash = sha256_hex(m.spec.text);
    m.data_fingerprint = sha256_hex("none");
    m.date = "2019-12-01";
    markov::ParameterSet set;
    set.values = m.spec.start_values();
    set.standard_error.resize(set.values.size());
    set.summary.end = markov::FitSummary::End::converged;
    set.summary.why = "start values";
    set.summary.start_log_lik = set.summary.final_log_lik = -1.0;
    set.summary.max_scaled_gradient = 0.0;
    m.sets = {set};
    return markov::write_model(m);
}

/// Five of each of six shapes.
std::string rules_text() {
    std::string out = "schema: 1\ngroups:\n  - name: bench\n    model: kinetics-bottleneck\n    rules:\n";
    const auto rule = [&](const std::string& name, const std::string& when, const std::string& more) {
        out += fmt::format(
            "      - alert: {}\n        title: bench\n        maturity: sandbox\n        illustrative: true\n"
            "        severity: info\n        when: {}\n        summary: \"P(growing) "
            "{{P(growing):percent}}\"\n{}",
            name, when, more);
    };
    for (int i = 0; i < 5; ++i) {
        const double x = 0.1 * i;
        rule(fmt::format("rising-{}", i),
             fmt::format("P(growing) >= {:.1f} and detected(ctdna) and fold(ctdna, nadir) >= {:.1f}", 0.5 + x,
                         1.4 + x),
             "        for: 2 visits of ctdna\n        until: P(growing) < 0.4\n");
        rule(fmt::format("myeloid-{}", i),
             fmt::format("P(suppressed) >= {:.1f} and fold(mdsc, baseline) >= {:.1f}", 0.5 + x, 1.2 + x), "");
        rule(fmt::format("tiring-{}", i),
             fmt::format("P(exhausted) >= {:.1f} or change(exhaustion_norm, baseline) > {:.1f}", 0.5 + x,
                         0.5 + x),
             "        unless: P(shrinking) >= 0.5\n");
        rule(fmt::format("size-{}", i), fmt::format("fold(sld, nadir) >= {:.1f}", 1.2 + x),
             fmt::format("        for: {}d\n", 14 + 7 * i));
        rule(fmt::format("trend-{}", i),
             fmt::format("trend(ctdna, {}d) > 0 and value(nlr) >= {:.1f}", 63 + 21 * (i % 2), 3 + x), "");
        rule(fmt::format("stale-{}", i),
             fmt::format("age_of(sld) > {}d and P(growing) >= {:.1f}", 63 + 21 * (i % 2), 0.5 + x), "");
    }
    return out;
}

/// One patient: a burden that falls and, in two of three, grows again; blood counts at each visit, a scan at
/// every third; results come after one to nine days.
class Course {
public:
    Course(int number, store::IngestWriter& writer)
        : id_(fmt::format("P{:05}", number)),
          writer_(writer),
          random_(static_cast<std::uint64_t>(number) + 1) {}

    void write(int visits) {
        taken_ = day_zero;
        Patient p;
        p.id = id_;
        p.day_zero = day_zero;
        add(p, 0);
        add(TherapyInterval{id_, "anti_pd1", day_zero, std::nullopt, "", ""}, 0);
        double burden = 1.0, slope = -0.01;
        const int turn = number(4, 3 * visits / 2);
        for (int v = 0; v < visits; ++v) {
            if (v == turn) slope = 0.012;
            burden = std::clamp(burden * std::exp(slope * 14), 0.02, 20.0);
            taken_ = day_zero + v * 14 + number(0, 3);
            read("ctdna", 2 * burden * noise(0.3), 9);
            read("mdsc", 6 * noise(0.2), 2);
            read("neutrophils", 4 * noise(0.2), 1);
            read("lymphocytes", 1.5 * noise(0.2), 1);
            read("exhaustion", noise(0.2), 2);
            read("tcell_activity", noise(0.2), 2);
            if (v % 3 == 0) read("sld", 60 * std::sqrt(burden) * noise(0.05), 1);
        }
    }

private:
    int number(int low, int high) {
        return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
    }
    double noise(double sd) {
        return std::exp(sd * (number(0, 1000) + number(0, 1000) + number(0, 1000) - 1500) / 500.0);
    }
    void add(Content c, int lag) {
        Record r;
        r.content = std::move(c);
        r.version.source = "bench";
        r.version.released = r.version.learnt = Instant::end_of(taken_ + lag);
        writer_.add(std::move(r));
    }
    void read(const char* channel, double value, int lag) {
        Observation o;
        o.patient = id_;
        o.channel = channel;
        o.taken = taken_;
        o.reading = Reading{value, Censor::none};
        add(std::move(o), lag);
    }
    std::string id_;
    store::IngestWriter& writer_;
    std::mt19937_64 random_;
    Date taken_;
};

void make(const std::string& path, int patients, int visits) {
    Findings findings;
    const auto catalogue =
        read_catalogue(read_text("models/channels.yaml"), "models/channels.yaml", findings);
    if (!findings.ok()) throw InputError(findings);
    const auto store = store::create_sqlite(path, store::Kind::simulated, begin, "bench");
    store->put_channels(catalogue, begin, "bench");
    app::activate_model(*store, model_text(), "model", {begin, begin, "bench", "bench"});
    app::RuleFiles files;
    files.rules = {{"bench.yaml", rules_text()}};
    app::activate_rules(*store, files, app::words_under("models"), {begin, begin, "bench", "bench"});
    store::FeedFile file;
    file.name = "bench";
    const auto writer = store->begin(file, Instant::end_of(day_zero + visits * 14 + 20), true, "bench");
    for (int p = 0; p < patients; ++p)
        Course(p, *writer).write(visits);
    (void)writer->commit(0);
}

app::ReplayRequest whole_span(store::Store& store) {
    app::ReplayRequest request;
    request.from = begin.date();
    request.to = store.files().back().learnt.date();
    return request;
}

void run(const std::string& path, int threads, int every) {
    const auto store = store::open_sqlite(path);
    auto request = whole_span(*store);
    request.threads = threads;
    if (every > 0) request.every_days = every;
    const std::vector<app::ReplaySide> sides = {
        app::make_side("bench", *store, {}, begin, Instant::end_of(request.to))};
    const auto begun = std::chrono::steady_clock::now();
    const auto replayed = app::replay(*store, request, sides);
    const double seconds = seconds_since(begun);
    if (!replayed.failed.empty())
        throw std::runtime_error("a patient failed: " + replayed.failed.front().second);
    std::size_t alerts = 0;
    for (const auto& p : replayed.patients)
        for (const auto& [rule, r] : p.sides[0])
            alerts += r.alerts.size();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    std::cout << fmt::format("{},{:.3f},{:.3f},{},{}\n", replayed.patients.size(), seconds, cpu, alerts,
                             usage.ru_maxrss);
}

void anew(const std::string& path, int patients) {
    const auto store = store::open_sqlite(path);
    const Instant end = Instant::end_of(whole_span(*store).to);
    const auto knowledge = app::make_side("bench", *store, {}, begin, end).knowledge;
    auto ids = store->patients(end);
    ids.resize(std::min(ids.size(), static_cast<std::size_t>(patients)));
    double walking = 0.0, judging = 0.0;
    std::size_t instants = 0;
    app::Workspace workspace;
    store->for_each_history(ids, end, [&](PatientHistory&& history) {
        std::vector<Instant> at;
        std::vector<Alert> ledger;
        app::Tracks tracks, others;
        auto begun = std::chrono::steady_clock::now();
        app::walk(history, ledger, Instant::lowest(), std::nullopt, knowledge, end, tracks, workspace,
                  [&](const app::Moment& m) { at.push_back(m.at); });
        walking += seconds_since(begun);
        instants += at.size();
        begun = std::chrono::steady_clock::now();
        auto& evaluator = workspace.evaluator(knowledge.back());
        for (const Instant t : at)
            (void)evaluator.evaluate(app::timeline_at(history, t, knowledge.back()->catalogue), t, others);
        judging += seconds_since(begun);
    });
    std::cout << fmt::format("{},{},{:.3f},{:.3f}\n", ids.size(), instants, walking, judging);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    try {
        if (what == "make" && argc == 5) {
            make(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
        } else if (what == "run" && argc >= 3 && argc <= 5) {
            run(argv[2], argc > 3 ? std::atoi(argv[3]) : 2, argc > 4 ? std::atoi(argv[4]) : 0);
        } else if (what == "anew" && argc == 4) {
            anew(argv[2], std::atoi(argv[3]));
        } else {
            std::cerr
                << "usage: bench_replay make STORE PATIENTS VISITS | run STORE [THREADS [DAYS]] | anew STORE "
                   "PATIENTS\n";
            return 2;
        }
    } catch (const InputError& e) {
        for (const auto& d : e.findings().list)
            std::cerr << to_string(d) << '\n';
        return 1;
    } catch (const std::exception& e) {
        std::cerr << "bench_replay: " << e.what() << '\n';
        return 1;
    }
    return 0;
}

// Scans of a store under the shipped immuno-oncology model and the shipped rules.
// usage: bench_scan make STORE PATIENTS VISITS      a store: everything arrives in one delivery
//        bench_scan scan STORE                      prints:
//        patients,first_seconds,again_seconds,peak_kilobytes
// The two are programs of their own so that the peak memory is that of the scans alone.

#include "bellwether/app/scan.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <random>

#include <fmt/format.h>
#include <sys/resource.h>

#include "bellwether/app/rules.hpp"
#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/model.hpp"

using namespace bellwether;

namespace {

const Date day_zero = *Date::parse("2023-01-02");
const char* const spec_file = "models/immuno-oncology/kinetics-bottleneck.yaml";

double seconds_since(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

template <class T>
T checked(T value, const Findings& findings) {
    if (!findings.ok()) throw InputError(findings);
    return value;
}

/// The shipped model at its start values, declared converged: speed does not depend on where a fit ended.
std::string model_text() {
    Findings findings;
    markov::FittedModel m;
    m.spec = checked(markov::read_spec(read_text(spec_file), spec_file, findings), findings);
    m.spec_hash = sha256_hex(m.spec.text);
    m.data_fingerprint = sha256_hex("none");
    m.date = "2023-01-01";
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

/// One patient: a burden that falls and, in two of three, grows again; blood counts at each visit, a scan at
/// every third.
class Course {
public:
    Course(int number, store::IngestWriter& writer)
        : id_(fmt::format("P{:05}", number)),
          writer_(writer),
          random_(static_cast<std::uint64_t>(number) + 1) {}

    void write(int visits) {
        Patient p;
        p.id = id_;
        p.day_zero = day_zero;
        add(p);
        TherapyInterval t{id_, "anti_pd1", day_zero, std::nullopt, "", ""};
        add(t);
        double burden = 1.0, slope = -0.01;
        const int turn = number(4, 3 * visits / 2);
        for (int v = 0; v < visits; ++v) {
            if (v == turn) slope = 0.012;
            burden = std::clamp(burden * std::exp(slope * 14), 0.02, 20.0);
            taken_ = day_zero + v * 14 + number(0, 3);
            read("ctdna", 2 * burden * noise(0.3));
            read("mdsc", 6 * noise(0.2));
            read("neutrophils", 4 * noise(0.2));
            read("lymphocytes", 1.5 * noise(0.2));
            read("exhaustion", noise(0.2));
            read("tcell_activity", noise(0.2));
            if (v % 3 == 0) read("sld", 60 * std::sqrt(burden) * noise(0.05));
        }
    }

private:
    int number(int low, int high) {
        return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
    }
    double noise(double sd) {
        return std::exp(sd * (number(0, 1000) + number(0, 1000) + number(0, 1000) - 1500) / 500.0);
    }
    void add(Content c) {
        Record r;
        r.content = std::move(c);
        r.version.source = "bench";
        r.version.released = Instant::end_of(day_zero);
        writer_.add(std::move(r));
    }
    void read(const char* channel, double value) {
        Observation o;
        o.patient = id_;
        o.channel = channel;
        o.taken = taken_;
        o.reading = Reading{value, Censor::none};
        add(std::move(o));
    }
    std::string id_;
    store::IngestWriter& writer_;
    std::mt19937_64 random_;
    Date taken_;
};

void make(const std::string& path, int patients, int visits) {
    const Instant start = Instant::start_of(day_zero - 30);
    Findings findings;
    const auto catalogue = checked(
        read_catalogue(read_text("models/channels.yaml"), "models/channels.yaml", findings), findings);
    const auto store = store::create_sqlite(path, store::Kind::simulated, start, "bench");
    store->put_channels(catalogue, start, "bench");
    app::activate_model(*store, model_text(), "model", {start, start, "bench", "bench"});
    const auto files =
        app::find_rule_files({"rules/exhaustion", "rules/myeloid", "rules/molecular-progression",
                              "rules/imaging-progression", "rules/disagreement"});
    app::activate_rules(*store, files, app::words_under("models"), {start, start, "bench", "bench"});
    store::FeedFile file;
    file.name = "bench";
    const auto writer = store->begin(file, Instant::start_of(day_zero + visits * 14), false, "bench");
    for (int p = 0; p < patients; ++p)
        Course(p, *writer).write(visits);
    (void)writer->commit(0);
}

void scan(const std::string& path) {
    const auto store = store::open_sqlite(path);
    const Date last = store->files().back().learnt.date();
    // Within one day, so that no deadline falls between two scans.
    const auto scan_at = [&](int hour) {
        const Instant d(Instant::start_of(last + 1).microseconds() + hour * std::int64_t{3'600'000'000});
        const auto begun = std::chrono::steady_clock::now();
        const auto report = app::scan(*store, d, {});
        return std::make_pair(report, seconds_since(begun));
    };
    const auto [first, first_seconds] = scan_at(6);
    if (!first.failed.empty()) throw std::runtime_error("a patient failed: " + first.failed.front().second);
    double again = 1e9;
    for (int hour = 7; hour < 10; ++hour) {
        const auto [report, seconds] = scan_at(hour);
        if (report.patients != 0) throw std::runtime_error("something was new in a scan of nothing new");
        again = std::min(again, seconds);
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::cout << fmt::format("{},{:.3f},{:.4f},{}\n", first.patients, first_seconds, again, usage.ru_maxrss);
    std::cerr << fmt::format("bench_scan: {} alerts opened, {} resolved\n", first.opened, first.resolved);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    try {
        if (what == "make" && argc == 5) {
            make(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
        } else if (what == "scan" && argc == 3) {
            scan(argv[2]);
        } else {
            std::cerr << "usage: bench_scan make STORE PATIENTS VISITS | scan STORE\n";
            return 2;
        }
    } catch (const std::exception& e) {
        std::cerr << "bench_scan: " << e.what() << '\n';
        return 1;
    }
    return 0;
}

#include "bellwether/trial/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/trial/course.hpp"
#include "bellwether/trial/random.hpp"

using namespace bellwether;
using namespace bellwether::trial;
using Catch::Matchers::WithinAbs;
namespace fs = std::filesystem;

namespace {

/// A folder of its own, gone at the end of the test.
struct Folder {
    std::string path;
    explicit Folder(const std::string& name)
        : path((fs::temp_directory_path() / ("bellwether-trial-" + std::to_string(getpid()) + "-" + name))
                   .string()) {
        fs::remove_all(path);
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

using Files = std::map<std::string, std::string>;  // path within the folder -> bytes

Files read_all(const std::string& folder) {
    Files files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            files[fs::relative(entry.path(), folder).string()] = read_text(entry.path().string());
    return files;
}

TrialOptions options(int patients, std::uint64_t seed = 3) {
    TrialOptions o;
    o.patients = patients;
    o.seed = seed;
    return o;
}

Files make(const TrialOptions& o, const std::string& name) {
    const Folder folder(name);
    simulate(o, folder.path);
    return read_all(folder.path);
}

struct Row {
    int week = 0;
    std::map<std::string, std::string> cell;
    std::string line;
    const std::string& operator[](const std::string& column) const { return cell.at(column); }
};

/// Rows of all weekly files of one kind, in the order of the files.
std::vector<Row> rows(const Files& files, const std::string& kind) {
    std::vector<Row> all;
    for (const auto& [path, text] : files) {
        if (path.find("feeds/week_") != 0 || path.find(kind) == std::string::npos) continue;
        const auto lines = split(text, '\n');
        const auto header = split(lines.front(), ',');
        for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
            Row row;
            row.week = std::stoi(path.substr(std::string("feeds/week_").size(), 3));
            row.line = lines[i];
            const auto cells = split(lines[i], ',');
            REQUIRE(cells.size() == header.size());
            for (std::size_t k = 0; k < cells.size(); ++k)
                row.cell[header[k]] = cells[k];
            all.push_back(std::move(row));
        }
    }
    return all;
}

const Files& trial_of_150() {
    static const Files files = make(options(150), "shared");
    return files;
}

Instant released(const Row& r) {
    return Instant::parse(r["released"]).value();
}
/// The day of a date or of a date with its hour.
Date day(const std::string& text) {
    return Date::parse(text.substr(0, 10)).value();
}

}  // namespace

TEST_CASE("simulate: the same options give the same bytes, another seed does not", "[trial][simulate]") {
    const Files a = make(options(20), "a"), b = make(options(20), "b"), other = make(options(20, 4), "c");
    REQUIRE(a.size() > 100);
    CHECK(a == b);
    CHECK(a.at("truth/truth_states.csv") != other.at("truth/truth_states.csv"));
}

TEST_CASE("simulate: a patient is the same whatever the number of patients", "[trial][simulate]") {
    const Files few = make(options(6), "few"), many = make(options(17), "many");
    for (const std::string kind : {"_observations", "_patients", "_therapy", "_events", "_lesions"}) {
        CAPTURE(kind);
        std::vector<std::string> a, b;
        for (const auto& r : rows(few, kind))
            a.push_back(std::to_string(r.week) + r.line);
        for (const auto& r : rows(many, kind))
            if (r["patient"] <= "VT-00006") b.push_back(std::to_string(r.week) + r.line);
        CHECK(a.size() > 5);
        CHECK(a == b);
    }
}

TEST_CASE("feeds: a weekly file holds what was released in its week, in that order", "[trial][feeds]") {
    const TrialOptions o;
    int resent = 0;
    for (const std::string kind : {"_observations", "_patients", "_therapy", "_events", "_lesions"}) {
        CAPTURE(kind);
        std::set<std::string> seen;
        Instant last = Instant::lowest();
        for (const auto& r : rows(trial_of_150(), kind)) {
            const bool again = !seen.insert(r.line).second;
            // What is sent again comes a week after its release.
            const Instant delivered(released(r).microseconds() + (again ? 7 * 86'400'000'000LL : 0));
            CHECK((delivered.date() - o.start) / 7 + 1 == r.week);
            CHECK(delivered >= last);
            last = delivered;
            resent += again;
        }
        CHECK(seen.size() > 100);
    }
    CHECK(resent > 100);
}

TEST_CASE("feeds: a patient is announced in an earlier file than anything about it", "[trial][feeds]") {
    std::map<std::string, int> announced;
    for (const auto& r : rows(trial_of_150(), "_patients"))
        announced[r["patient"]] = r.week;
    CHECK(announced.size() == 150);
    for (const std::string kind : {"_observations", "_therapy", "_events", "_lesions"})
        for (const auto& r : rows(trial_of_150(), kind))
            CHECK(r.week > announced.at(r["patient"]));
}

TEST_CASE("feeds: nothing is released before it happened, and progression is the course's",
          "[trial][feeds]") {
    const TrialOptions o = options(150);
    for (const auto& [kind, date] :
         {std::pair{"_events", "date"}, {"_therapy", "start"}, {"_lesions", "taken"}})
        for (const auto& r : rows(trial_of_150(), kind))
            CHECK(released(r).date() >= day(r[date]));
    for (const auto& r : rows(trial_of_150(), "_therapy"))
        if (!r["stop"].empty()) CHECK(released(r).date() > day(r["stop"]) - 1);
    std::map<std::string, std::string> progression, death;
    for (const auto& r : rows(trial_of_150(), "_events")) {
        if (!r["resolved"].empty()) CHECK(released(r).date() > day(r["resolved"]));
        if (r["kind"] == "progression") progression[r["patient"]] = r["date"];
        if (r["kind"] == "death") death[r["patient"]] = r["date"];
    }
    for (int i = 1; i <= 150; ++i) {
        const VirtualPatient p = draw_patient(o, i);
        const Course c = run_course(o, p);
        const auto date = [&](std::optional<int> d) {
            return d ? to_string(p.day_zero + *d) : std::string();
        };
        CHECK(progression[p.id] == date(c.progression));
        CHECK(death[p.id] == date(c.died));
    }
}

TEST_CASE("feeds: results come 1 to 10 days after the sample", "[trial][feeds]") {
    std::map<std::string, int> first;
    for (const auto& r : rows(trial_of_150(), "_observations")) {
        const int lag = released(r).date() - day(r["taken"]);
        const auto [at, is_new] = first.try_emplace(r["accession"] + r["channel"], lag);
        if (!is_new) at->second = std::min(at->second, lag);
    }
    std::set<int> lags;
    for (const auto& [result, lag] : first)
        lags.insert(lag);
    CHECK(*lags.begin() == 1);
    CHECK(*lags.rbegin() == 10);
}

TEST_CASE("feeds: a correction or cancellation carries the accession of what it changes", "[trial][feeds]") {
    std::map<std::string, std::vector<Row>> results;
    for (auto& r : rows(trial_of_150(), "_observations")) {
        std::string key = r["patient"] + r["channel"] + r["accession"];
        results[std::move(key)].push_back(std::move(r));
    }
    int corrected = 0, cancelled = 0, preliminary = 0;
    for (const auto& [key, versions] : results) {
        CAPTURE(key);
        std::map<std::pair<std::string, std::string>, std::string> by_rank;
        std::set<std::string> statuses, taken;
        for (const auto& v : versions) {
            statuses.insert(v["status"]);
            taken.insert(v["taken"]);
            const auto [at, is_new] = by_rank.try_emplace({v["released"], v["status"]}, v.line);
            CHECK((is_new || at->second == v.line));  // equal rank, equal content: never a conflict
        }
        CHECK(taken.size() == 1);
        CHECK(statuses.count("final") == 1);
        corrected += statuses.count("corrected") == 1;
        cancelled += statuses.count("cancelled") == 1;
        preliminary += statuses.count("preliminary") == 1;
    }
    const auto n = static_cast<double>(results.size());
    CHECK_THAT(corrected / n, WithinAbs(0.020, 0.005));
    CHECK_THAT(cancelled / n, WithinAbs(0.007, 0.003));
    CHECK_THAT(preliminary / n, WithinAbs(0.05, 0.012));  // drawn per tube
}

TEST_CASE("feeds: ctDNA below the limit of its assay is printed as such, and only then", "[trial][feeds]") {
    int below = 0, above = 0;
    for (const auto& r : rows(trial_of_150(), "_observations")) {
        if (r["channel"] != "ctdna" || r["value"].empty() || r["value"] == "QNS") continue;
        const bool percent = r["unit"] == "%";
        CHECK((percent || r["unit"] == "ppm"));
        CHECK(r["laboratory"] == (percent ? "ctdna-a" : "ctdna-b"));
        if (r["value"].front() == '<') {
            CHECK(r["value"] == (percent ? "<0.05" : "<300"));
            ++below;
        } else {
            CHECK(parse_double(r["value"]).value() >= (percent ? 0.05 : 300.0));
            ++above;
        }
    }
    CHECK(below > 0.08 * above);
    CHECK(above > 1000);
}

TEST_CASE("feeds: the assay's 25% is found again in the last version of each result",
          "[trial][feeds][reference]") {
    // Reference: the truth on the same day. The standard deviation of log(reading / truth) is log_sd(0.25) =
    // 0.246; readings under twice the limit are left out, since the limit cuts their noise. Tolerance: five
    // standard errors at some 1800 readings.
    std::map<int, Course> courses;
    const TrialOptions o = options(150);
    std::map<std::string, Row> last;
    for (auto& r : rows(trial_of_150(), "_observations")) {
        if (r["channel"] != "ctdna") continue;
        auto& kept = last[r["accession"]];
        if (kept.line.empty() || released(kept) < released(r)) kept = std::move(r);
    }
    double squares = 0.0;
    int n = 0;
    for (const auto& [accession, r] : last) {
        const auto value = parse_double(r["value"]);
        if (!value) continue;
        const int index = std::stoi(r["patient"].substr(3));
        const VirtualPatient p = draw_patient(o, index);
        if (courses.count(index) == 0) courses.emplace(index, run_course(o, p));
        const int study_day = std::max(0, day(r["taken"]) - p.day_zero);
        const double share =
            p.shedding * volume(courses.at(index).daily[static_cast<std::size_t>(study_day)]);
        const bool percent = r["unit"] == "%";
        const double truth = percent ? share : 1.25 * share;  // laboratory b reads high
        const double reading = percent ? *value : *value / 1e4;
        if (truth < 0.15 || truth > 10.0) continue;
        const double unsaturated = reading / (1.0 - reading / 90.0);
        squares += std::pow(std::log(unsaturated / truth), 2);
        ++n;
    }
    REQUIRE(n > 1000);
    CHECK_THAT(std::sqrt(squares / n), WithinAbs(log_sd(0.25), 0.021));
}

TEST_CASE("feeds: laboratories write in their own units", "[trial][feeds]") {
    std::map<std::string, std::set<std::string>> units;
    for (const auto& r : rows(trial_of_150(), "_observations"))
        units[r["laboratory"] + " " + r["channel"]].insert(r["unit"]);
    using Set = std::set<std::string>;
    CHECK(units.at("north neutrophils") == Set{"10^3/uL"});
    CHECK(units.at("south neutrophils") == Set{"/uL"});
    CHECK(units.at("east neutrophils") == Set{"10^9/L"});
    CHECK(units.at("south ldh") == Set{"ukat/L"});
    CHECK(units.at("south ldh_uln") == Set{"ukat/L"});
}

TEST_CASE("feeds: the reader's sum is the sum of its lesion rows", "[trial][feeds]") {
    std::map<std::string, double> sums;
    for (const auto& r : rows(trial_of_150(), "_lesions")) {
        const std::string key = r["patient"] + r["taken"] + r["released"];
        if (r["role"] != "target") continue;
        const double mm = r["state"] == "too_small" ? 5.0
                          : r["state"] == "absent"  ? 0.0
                                                    : parse_double(r["diameter"]).value();
        sums[key + r["lesion"]] = mm;  // a row sent again counts once
    }
    std::map<std::string, double> by_scan;
    for (const auto& [key, mm] : sums)
        by_scan[key.substr(0, key.size() - 3)] += mm;
    int scans = 0;
    for (const auto& r : rows(trial_of_150(), "_observations")) {
        if (r["channel"] != "sld") continue;
        CHECK_THAT(parse_double(r["value"]).value(),
                   WithinAbs(by_scan.at(r["patient"] + r["taken"].substr(0, 10) + r["released"]), 0.051));
        ++scans;
    }
    CHECK(scans > 500);
}

TEST_CASE("feeds: no feed file holds the truth", "[trial][feeds]") {
    const std::set<std::string> headers{
        "patient,trial,arm,site,sex,birth_year,day_zero,ecog,released",
        "patient,channel,value,unit,taken,released,status,accession,assay,laboratory,specimen,"
        "scheduled",
        "patient,regimen,start,stop,dose,reason,released,status",
        "patient,kind,term,date,resolved,grade,released,status",
        "patient,lesion,taken,role,nodal,organ,diameter,state,released,status",
        "trial,arm,visit,day,window_before,window_after,channels"};
    for (const auto& [path, text] : trial_of_150()) {
        if (path.find("feeds/") != 0) {
            CHECK((path.find("truth/") == 0 || path.find("profiles/") == 0));
            continue;
        }
        CAPTURE(path);
        CHECK(headers.count(text.substr(0, text.find('\n'))) == 1);
        for (const std::string word : {"durable", "indolent", "clonal", "plateau", "primary", "suppression",
                                       "deep", "growing", "volume", "kill", "truth"})
            CHECK(text.find(word) == std::string::npos);
    }
}

TEST_CASE("profiles: the trial's copies are those of the examples", "[trial][profiles]") {
    const std::string examples = std::string(BELLWETHER_SOURCE_DIR) + "/examples/virtual-trial";
    int compared = 0;
    for (const auto& entry : fs::directory_iterator(examples)) {
        if (entry.path().extension() != ".yaml") continue;
        CHECK(trial_of_150().at("profiles/" + entry.path().filename().string()) ==
              read_text(entry.path().string()));
        ++compared;
    }
    CHECK(compared == 6);
}

TEST_CASE("simulate: a folder that holds a trial is not written over", "[trial][simulate][error]") {
    const Folder folder("twice");
    simulate(options(1), folder.path);
    const Files before = read_all(folder.path);
    CHECK_THROWS_WITH(simulate(options(2), folder.path),
                      "V002: '" + folder.path + "' holds a trial already; give an empty folder");
    CHECK(read_all(folder.path) == before);
}

TEST_CASE("simulate: the summary counts what was written", "[trial][simulate]") {
    const Folder folder("summary");
    int called = 0;
    const TrialSummary s = simulate(options(5), folder.path, [&](int done) { CHECK(done == ++called); });
    const Files files = read_all(folder.path);
    std::uint64_t n = 0;
    for (const std::string kind : {"_observations", "_patients", "_therapy", "_events", "_lesions"})
        n += rows(files, kind).size();
    CHECK(called == 5);
    CHECK(s.rows == n);
    CHECK(s.patients == 5);
    CHECK(s.files == std::count_if(files.begin(), files.end(),
                                   [](const auto& f) { return f.first.find("feeds/week_") == 0; }));
}

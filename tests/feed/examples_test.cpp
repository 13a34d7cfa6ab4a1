#include <filesystem>

#include "bellwether/core/text.hpp"

#include "support.hpp"

using namespace bellwether;
using namespace bellwether::feed;
using namespace bellwether::feed::test;
namespace fs = std::filesystem;

namespace {

const std::string root = BELLWETHER_SOURCE_DIR;

const ChannelCatalogue& shipped() {
    static const ChannelCatalogue made = [] {
        Findings f;
        auto c = read_catalogue(read_text(root + "/models/channels.yaml"), "channels.yaml", f);
        REQUIRE(f.ok());
        return c;
    }();
    return made;
}

Profile example(const std::string& path) {
    Findings f;
    auto p = read_profile(read_text(root + "/examples/" + path), path, shipped(), f);
    for (const auto& d : f.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(f.list.empty());
    return p;
}

/// Reads a file of the public data kept beside the repository; every patient counts as known.
Result read_public(const std::string& profile, const std::string& file) {
    FeedContext c = context();
    c.has_patient = [](std::string_view) { return true; };
    c.backfill = true;
    Result out;
    const FeedSink sink{[&](Record&& r) { out.records.push_back(std::move(r)); },
                        [&](Reject&& r) { out.rejects.push_back(std::move(r)); }};
    const auto bytes = open_feed(root + "/../shared/data/" + file);
    out.counts = read_feed(example(profile), shipped(), c, *bytes, file, sink);
    return out;
}

bool absent(const std::string& folder) {
    if (fs::exists(root + "/../shared/data/" + folder)) return false;
    WARN("skipped: the public data set " << folder << " is not beside the repository");
    return true;
}

}  // namespace

TEST_CASE("examples: every shipped profile loads without a finding", "[feed][examples]") {
    int seen = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root + "/examples")) {
        if (entry.path().extension() != ".yaml") continue;
        const auto text = read_text(entry.path().string());
        if (text.find("\nprofile: ") == std::string::npos) continue;
        CAPTURE(entry.path().string());
        (void)example(fs::relative(entry.path(), root + "/examples").string());
        ++seen;
    }
    CHECK(seen >= 9);
}

TEST_CASE("docs: every YAML example of the manual of feed profiles loads without a finding",
          "[feed][examples]") {
    const auto manual = read_text(root + "/docs/feed-profiles.md");
    int seen = 0;
    for (std::size_t at = manual.find("```yaml\n"); at != std::string::npos;
         at = manual.find("```yaml\n", at)) {
        at += 8;
        const auto text = manual.substr(at, manual.find("```", at) - at);
        Findings f;
        (void)read_profile(text, "manual", shipped(), f);
        for (const auto& d : f.list)
            UNSCOPED_INFO(to_string(d));
        CHECK(f.list.empty());
        ++seen;
    }
    CHECK(seen == 3);
}

TEST_CASE("examples: OAK is read whole", "[feed][examples]") {
    if (absent("oak_sld_outcome_matched")) return;
    const auto patients = read_public("oak/patients.yaml", "oak_sld_outcome_matched/patients.csv");
    CHECK(patients.refusals().empty());
    CHECK(patients.all<Patient>().size() == 203);  // its README
    const auto sizes = read_public("oak/measurements.yaml", "oak_sld_outcome_matched/measurements.csv");
    CHECK(sizes.refusals().empty());
    CHECK(sizes.records.size() == 1093);
    int left = 0;
    for (const auto& o : sizes.all<Observation>())
        left += o.reading->censor == Censor::left ? 1 : 0;
    // Counted by awk: 10 rows with censor = left, and 6 bare values below the limit of 5 mm that the
    // catalogue declares.
    CHECK(left == 16);
    const auto therapy = read_public("oak/therapy.yaml", "oak_sld_outcome_matched/patients.csv");
    CHECK(therapy.refusals().empty());
    REQUIRE(therapy.records.size() == 203);
    CHECK(therapy.all<TherapyInterval>()[0].start == Date::from_ymd(2000, 1, 1));
}

TEST_CASE("examples: PSA under intermittent therapy is read, the one zero is refused", "[feed][examples]") {
    if (absent("psa_intermittent_bruchovsky")) return;
    CHECK(
        read_public("psa/patients.yaml", "psa_intermittent_bruchovsky/patients.csv").all<Patient>().size() ==
        72);
    const auto values = read_public("psa/measurements.yaml", "psa_intermittent_bruchovsky/measurements.csv");
    CHECK(values.records.size() == 6416);  // of 6417
    REQUIRE(values.rejects.size() == 1);
    CHECK(values.rejects[0].code == "F023");
    const auto therapy = read_public("psa/therapy.yaml", "psa_intermittent_bruchovsky/events.csv");
    CHECK(therapy.refusals().empty());
    int closed = 0, open = 0;
    for (const auto& t : therapy.all<TherapyInterval>())
        (t.stop ? closed : open) += 1;
    CHECK(closed == 186);  // rows of treatment_off, counted by uniq: 72 + 67 + 33 + 13 + 1
    CHECK(open == 223);    // and of treatment_on: 72 + 72 + 49 + 23 + 7, each told once while open
}

TEST_CASE("examples: the paired melanoma biopsies are read, unlisted scores are passed over",
          "[feed][examples]") {
    if (absent("melanoma_paired_biopsies_iatlas")) return;
    const auto patients =
        read_public("melanoma/patients.yaml", "melanoma_paired_biopsies_iatlas/patients.csv");
    CHECK(patients.refusals().empty());
    std::map<std::string, int> responses;
    for (const auto& p : patients.all<Patient>())
        ++responses[p.attributes.contains("response") ? p.attributes.at("response") : ""];
    // Counted by cut and uniq in patients.csv: 3 complete, 8 partial, 19 stable, 26 progressive, 2 empty.
    CHECK(responses == std::map<std::string, int>{{"CR/PR", 11}, {"SD", 19}, {"PD", 26}, {"", 2}});
    const auto scores =
        read_public("melanoma/measurements.yaml", "melanoma_paired_biopsies_iatlas/measurements.csv");
    CHECK(scores.refusals().empty());
    CHECK(scores.counts.rows == scores.counts.records + scores.counts.ignored);
    CHECK(scores.counts.records == 202);  // 101 biopsies, two scores each: counted by grep
    CHECK(read_public("melanoma/therapy.yaml", "melanoma_paired_biopsies_iatlas/patients.csv")
              .refusals()
              .empty());
}

TEST_CASE("examples: a series whose unit is not one of the table needs a factor and its source",
          "[feed][examples]") {
    if (absent("tumgr_sample")) return;
    Findings f;
    const std::string text = R"yaml(schema: 1
profile: tumgr
kind: observations
dates: {format: study-day, origin: 2000-01-01}
columns: {patient: patient_id, taken: day, channel: channel, value: value, unit: unit, censor: censor}
channels:
  tumour_size:
    channel: sld
    units: {"cm (sum or marker; unit not stated)": {factor: 1, source: "the package states no unit"}}
)yaml";
    const auto p = read_profile(text, "tumgr.yaml", shipped(), f);
    REQUIRE(f.list.empty());
    FeedContext c = context();
    c.has_patient = [](std::string_view) { return true; };
    int records = 0;
    Lines codes;
    const FeedSink sink{[&](Record&&) { ++records; }, [&](Reject&& r) { codes.push_back(r.code); }};
    const auto bytes = open_feed(root + "/../shared/data/tumgr_sample/measurements.csv");
    const auto counts = read_feed(p, shipped(), c, *bytes, "tumgr", sink);
    CHECK(counts.rows == 453);  // its README
    CHECK(records == 448);
    CHECK(codes == Lines(5, "F022"));  // values above 1000, counted by awk
}

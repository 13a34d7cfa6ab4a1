#include "bellwether/drift/posterior.hpp"

#include <cmath>
#include <thread>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "bellwether/core/hash.hpp"

#include "support/small.hpp"

using namespace bellwether;
using namespace small;
using drift::FilterTrack;
using drift::Scorer;
using markov::FitSummary;

namespace {

/// Two sets and a third for everyone else; in set k growing shows itself by another slope. P1 is of fold
/// `fold`.
markov::FittedModel fitted(std::size_t fold, FitSummary::End end = FitSummary::End::converged) {
    markov::FittedModel m;
    m.spec = spec();
    m.spec_hash = sha256_hex(m.spec.text);
    m.data_fingerprint = sha256_hex("none");
    m.date = "2024-01-01";
    m.folds = 2;
    m.fold_of = {{"P1", fold}};
    markov::ParameterSet set;
    set.values = m.spec.start_values();
    set.standard_error.resize(set.values.size());
    set.summary.end = FitSummary::End::converged;
    set.summary.why = "by hand";
    set.summary.start_log_lik = set.summary.final_log_lik = -1.0;
    set.summary.max_scaled_gradient = 0.0;
    const auto slope = m.spec.parameter_index("mean(ctdna, growing)");
    REQUIRE(slope);
    for (const double x : {0.02, 0.03, 0.04}) {
        set.values[*slope] = x;
        m.sets.push_back(set);
    }
    m.sets.back().summary.end = end;
    return m;
}

const Scorer& scorer(std::size_t fold = 0) {
    static const Scorer first("small", "hash", markov::write_model(fitted(0)));
    static const Scorer second("small", "hash", markov::write_model(fitted(1)));
    return fold == 0 ? first : second;
}

std::shared_ptr<const markov::FilterState> marked(markov::FilterState state, double log_likelihood) {
    state.log_likelihood = log_likelihood;
    return std::make_shared<const markov::FilterState>(std::move(state));
}

/// The filter run by hand over all rows up to a day, one state per row.
std::vector<std::pair<Date, markov::FilterState>> by_hand(const series::Timeline& t, std::size_t set,
                                                          Date until) {
    const auto m = fitted(0);
    markov::TransitionCache cache(m.spec, m.sets[set].values);
    const markov::Filter filter(cache);
    auto state = filter.start();
    std::vector<std::pair<Date, markov::FilterState>> out;
    markov::Step step;
    for (const auto& row : drift::bind(t, m.spec, until)) {
        if (row.restarted != 0) state.memory[0] = {};
        filter.step(state, row.row(), step);
        out.emplace_back(row.date, state);
    }
    return out;
}

double growing(const markov::FilterState& s) {
    return std::exp(s.log_probability[1]);
}

std::shared_ptr<const drift::Posterior> posterior(const series::Timeline& t, Date as_of,
                                                  std::size_t fold = 0) {
    FilterTrack track;
    return scorer(fold).posterior(t, as_of, track);
}

double p_at(const drift::Posterior& p, int n) {
    const auto a = p.probability("growing", day(n));
    REQUIRE(a.value);
    return *a.value;
}

double logit(double p) {
    return std::log(p) - std::log1p(-p);
}

}  // namespace

TEST_CASE("posterior: P is the filter's at the last reading, run by hand", "[drift][posterior]") {
    const auto t = patient();
    const auto p = posterior(t, day(200));
    for (const auto& [date, state] : by_hand(t, 0, day(200))) {
        if (date == day(0) || date == day(35) || date == day(49))
            continue;  // changes of therapy are no readings
        CHECK(p->probability("growing", date).value == growing(state));
    }
    CHECK(p_at(*p, 41) == p_at(*p, 21));
    CHECK(p->dates() == std::vector{day(-7), day(-5), day(21), day(42), day(63), day(70), day(91)});
    CHECK(p->probability("growing", day(-8)).why == "no reading of a channel of model 'small'");
    CHECK_FALSE(p->probability("growing", day(-8)).value);
    CHECK_FALSE(p->forecast("growing", day(-8), 0).value);
}

TEST_CASE("posterior: no look-ahead, what is taken later changes nothing before", "[drift][posterior]") {
    const auto whole = posterior(patient(), day(200));
    for (int d = -7; d <= 120; ++d)
        CHECK(p_at(*posterior(patient(), day(d)), d) == p_at(*whole, d));
}

TEST_CASE("posterior: a kept track is invisible in every answer", "[drift][posterior]") {
    FilterTrack kept;
    for (int d = -7; d <= 120; d += 7) {
        const auto with = scorer().posterior(patient(), day(d), kept);
        CHECK(p_at(*with, d) == p_at(*posterior(patient(), day(d)), d));
        CHECK(with->reason("growing", day(d)) == posterior(patient(), day(d))->reason("growing", day(d)));
    }
    CHECK(kept.entries.size() == 10);
}

TEST_CASE("posterior: a late reading takes over the rows before it and no others", "[drift][posterior]") {
    FilterTrack track;
    (void)scorer().posterior(patient(), day(200), track);
    const auto before = track.entries;
    // A mark on what is kept shows which rows were taken over and which computed anew.
    for (auto& e : track.entries)
        e.state = marked(*e.state, e.state->log_likelihood + 1000.0);
    auto late = patient();
    auto& points = late.tracks["ctdna"].points;
    points.insert(points.begin() + 3, {day(50), -1, exactly(0.4), 0});
    (void)scorer().posterior(late, day(200), track);
    REQUIRE(track.entries.size() == before.size() + 1);
    for (std::size_t i = 0; i < 7; ++i)  // -7 -5 0 21 35 42 49
        CHECK(track.entries[i].digest == before[i].digest);
    CHECK(track.entries[6].state->log_likelihood == before[6].state->log_likelihood + 1000.0);
    for (std::size_t i = 7; i < track.entries.size(); ++i)
        for (const auto& b : before)
            CHECK(track.entries[i].digest != b.digest);

    FilterTrack fresh;
    (void)scorer().posterior(late, day(200), fresh);
    (void)scorer().posterior(patient(), day(200), track = FilterTrack{before});
    (void)scorer().posterior(late, day(200), track);
    CHECK(track.entries == fresh.entries);
}

TEST_CASE("posterior: a track of another patient or another model is not taken over", "[drift][posterior]") {
    FilterTrack track;
    (void)scorer(0).posterior(patient(), day(200), track);
    for (auto& e : track.entries)
        e.state = marked(*e.state, 1e6);
    auto other = patient();
    other.patient.id = "P2";
    FilterTrack taken = track;
    (void)scorer(0).posterior(other, day(200), taken);
    CHECK(taken.entries.back().state->log_likelihood < 1e5);
    const Scorer model("small", "another hash", markov::write_model(fitted(1)));
    taken = track;
    (void)model.posterior(patient(), day(200), taken);
    CHECK(taken.entries.back().state->log_likelihood < 1e5);
}

TEST_CASE("posterior: a track survives its text bit for bit, a damaged text is nothing",
          "[drift][posterior]") {
    FilterTrack track;
    (void)scorer().posterior(patient(), day(200), track);
    const std::string text = track.serialize();
    const auto back = FilterTrack::parse(text);
    REQUIRE(back);
    CHECK(back->entries == track.entries);
    CHECK(FilterTrack::parse("")->entries.empty());
    CHECK_FALSE(FilterTrack::parse("nonsense"));
    CHECK_FALSE(FilterTrack::parse(text.substr(0, text.size() - 20)));
    CHECK_FALSE(FilterTrack::parse("x" + text.substr(1)));
    CHECK_FALSE(FilterTrack::parse("0x" + text.substr(2)));
    CHECK_FALSE(FilterTrack::parse("-1" + text.substr(2)));
    CHECK_FALSE(FilterTrack::parse(text.substr(0, 17) + "?" + text.substr(18)));
}

TEST_CASE("posterior: a forecast carries the last row on, over changes of therapy, for 182 days",
          "[drift][posterior]") {
    const auto t = patient();
    const auto p = posterior(t, day(400));
    const auto m = fitted(0);
    markov::TransitionCache cache(m.spec, m.sets[0].values);
    const markov::Filter filter(cache);
    const auto expected = [&](int row, int ahead) {
        for (const auto& [date, state] : by_hand(t, 0, day(400)))
            if (date == day(row)) return filter.forecast(state, Days(ahead))[1];
        return -1.0;
    };
    CHECK(*p->forecast("growing", day(30), 0).value == expected(21, 9));
    CHECK(*p->forecast("growing", day(40), 42).value == expected(35, 47));  // therapy stopped on day 35
    CHECK(*p->forecast("growing", day(91 + 182), 0).value == expected(91, 182));
    const auto old = p->forecast("growing", day(91 + 183), 0);
    CHECK_FALSE(old.value);
    CHECK(old.why == "the last reading of model 'small' is more than 182 days old");
}

TEST_CASE("posterior: a subject of fold k is scored by set k, a stranger by the last", "[drift][posterior]") {
    auto stranger = patient();
    stranger.patient.id = "P2";
    const auto of_set = [](std::size_t set) {
        return growing(by_hand(patient(), set, day(200)).back().second);
    };
    CHECK(p_at(*posterior(patient(), day(200), 0), 91) == of_set(0));
    CHECK(p_at(*posterior(patient(), day(200), 1), 91) == of_set(1));
    CHECK(p_at(*posterior(stranger, day(200), 0), 91) == of_set(2));
    CHECK(of_set(0) != of_set(1));
    CHECK(of_set(1) != of_set(2));
}

TEST_CASE("posterior: time and channels add up to the change of log odds between visits, to 1e-9",
          "[drift][posterior]") {
    // Tolerance: promised by markov::weigh. Changes of therapy lie between -5 and 21, 21 and 42, 42 and 63.
    const auto p = posterior(patient(), day(200));
    const auto reason = nlohmann::json::parse(p->reason("growing", day(95)));
    CHECK(reason["model"] == "small");
    CHECK(reason["label"] == "growing");
    CHECK(reason["against"] == "not growing");
    REQUIRE(reason["visits"].size() == 4);
    CHECK(reason["visits"].back()["date"] == to_string(day(91)));
    for (const int end : {21, 42, 63, 70, 91}) {
        const auto part = nlohmann::json::parse(p->reason("growing", day(end)));
        const auto& visits = part["visits"];
        for (std::size_t i = 1; i < visits.size(); ++i) {
            const auto& v = visits[i];
            double sum = v["time"].get<double>();
            for (const auto& [name, weight] : v["channels"].items())
                sum += weight.get<double>();
            CHECK(sum ==
                  Approx(v["log_odds"].get<double>() - visits[i - 1]["log_odds"].get<double>()).margin(1e-9));
        }
        const auto& now = visits.back();
        CHECK(now["p"].get<double>() == p_at(*p, end));
        CHECK(now["log_odds"].get<double>() == Approx(logit(p_at(*p, end))).margin(1e-9));
        CHECK(now["channels"].contains("mdsc") == (end == 42 || end == 63));
    }
    CHECK(p->reason("growing", day(-8)).empty());
}

TEST_CASE("posterior: where log odds are infinite the reason says null, and is still JSON",
          "[drift][posterior]") {
    auto t = patient();
    t.events = {event(EventKind::death, 91)};
    const auto p = posterior(t, day(200));
    const auto reason = nlohmann::json::parse(p->reason("growing", day(91)));
    CHECK(reason["visits"].back()["log_odds"].is_null());
    CHECK(reason["visits"].back()["p"] == 0.0);
    CHECK(p_at(*p, 91) == 0.0);
    CHECK(p->probability("dead", day(91)).value == 1.0);
}

TEST_CASE("posterior: of a patient who died before any reading nothing is known", "[drift][posterior]") {
    series::Timeline t;
    t.patient.id = "P1";
    t.events = {event(EventKind::death, 5)};
    CHECK_FALSE(posterior(t, day(10))->probability("growing", day(10)).value);
}

TEST_CASE("posterior: a model that may not score is refused", "[drift][posterior][error]") {
    try {
        (void)Scorer("small", "hash", markov::write_model(fitted(0, FitSummary::End::not_identified)));
        FAIL("accepted");
    } catch (const Error& e) {
        CHECK(std::string(e.code()) == "D003");
        CHECK_THAT(e.what(), Catch::Matchers::Contains("model 'small' may not score patients: "));
    }
    CHECK_THROWS_AS(Scorer("small", "hash", "schema: 9"), InputError);
}

TEST_CASE("posterior: threads that share a scorer get the same answers", "[drift][posterior]") {
    const double alone = p_at(*posterior(patient(), day(200)), 91);
    std::vector<double> seen(8, -1.0);
    std::vector<std::thread> threads;
    for (auto& x : seen)
        threads.emplace_back([&x] {
            FilterTrack track;
            x = *scorer().posterior(patient(), day(200), track)->probability("growing", day(91)).value;
        });
    for (auto& t : threads)
        t.join();
    for (const double x : seen)
        CHECK(x == alone);
}

namespace {

const drift::ChannelGroup kCtdna{"ctdna", {"ctdna", "unknown_to_the_model"}},
    kBlood{"blood", {"mdsc", "score"}};

/// The patient, both channels first read on one day, so that the model starts there for each.
series::Timeline together() {
    auto t = patient();
    t.tracks["mdsc"].points.erase(t.tracks["mdsc"].points.begin());
    return t;
}

/// The patient with the readings of one channel alone.
series::Timeline only_of(const std::string& channel) {
    auto t = together();
    std::erase_if(t.tracks, [&](const auto& entry) { return entry.first != channel; });
    return t;
}

/// Growing among the living on a day, had nobody read anything: the same start and therapies.
double base(const markov::Filter& filter, int d) {
    auto state = filter.start();
    markov::Step step;
    for (auto& row : drift::bind(together(), filter.spec(), day(d))) {
        row.readings.assign(row.readings.size(), {});
        filter.step(state, row.row(), step);
    }
    const auto p = filter.forecast(state, Days(static_cast<double>(day(d).serial()) - state.time));
    return p[1] / (p[0] + p[1]);
}

}  // namespace

TEST_CASE("posterior: a group speaks as if its channels were the only ones, as of the last reading of any",
          "[drift][posterior][group]") {
    const auto whole = posterior(together(), day(200));
    const auto m = fitted(0);
    markov::TransitionCache cache(m.spec, m.sets[0].values);
    const markov::Filter filter(cache);
    for (const auto& group : {kCtdna, kBlood}) {
        CAPTURE(group.name);
        // A patient of whom the other channel was never read.
        const auto rows = by_hand(only_of(group.channels[0]), 0, day(200));
        for (const int d : {42, 63, 70, 91}) {
            CAPTURE(d);
            std::size_t i = rows.size();
            while (rows[i - 1].first > day(d))
                --i;
            const auto& [date, state] = rows[i - 1];
            // Where nothing of the group was read that day, what was known is carried there; a reading of
            // the other channel says that the patient lives.
            const auto carried = filter.forecast(state, Days(static_cast<double>(day(d) - date)));
            const double p = carried[1] / (carried[0] + carried[1]);
            CHECK(*whole->probability("growing", group, day(d)).value == Approx(p).epsilon(1e-12));
            CHECK(*whole->evidence("growing", group, day(d)).value ==
                  Approx(logit(p) - logit(base(filter, d))).epsilon(1e-9));
            CHECK(whole->probability("growing", group, day(d + 6)).value ==
                  whole->probability("growing", group, day(d)).value);
        }
    }
}

TEST_CASE("posterior: groups disagree by the difference of their evidence, which is that of their log odds",
          "[drift][posterior][group]") {
    const auto p = posterior(patient(), day(200));
    for (const int d : {42, 63, 70, 91}) {
        const auto value = [](const series::Answer& a) {
            REQUIRE(a.value);
            return *a.value;
        };
        const double apart = value(p->disagreement("growing", kCtdna, kBlood, day(d)));
        CHECK(apart == Approx(logit(value(p->probability("growing", kCtdna, day(d)))) -
                              logit(value(p->probability("growing", kBlood, day(d)))))
                           .epsilon(1e-9));
        CHECK(apart == Approx(value(p->evidence("growing", kCtdna, day(d))) -
                              value(p->evidence("growing", kBlood, day(d))))
                           .epsilon(1e-9));
        CHECK(apart == Approx(-value(p->disagreement("growing", kBlood, kCtdna, day(d)))).epsilon(1e-12));
    }
}

TEST_CASE("posterior: a group that has told nothing has no voice", "[drift][posterior][group]") {
    const auto p = posterior(patient(), day(200));
    CHECK(p->probability("growing", kCtdna, day(-8)).why == "no reading of a channel of model 'small'");
    // A first reading of a `rate` channel, and baselines.
    for (const int d : {-7, -5})
        for (const auto& group : {kCtdna, kBlood}) {
            const auto a = p->evidence("growing", group, day(d));
            CHECK_FALSE(a.value);
            CHECK_FALSE(p->disagreement("growing", group, kCtdna, day(d)).value);
            CHECK_FALSE(p->disagreement("growing", kCtdna, group, day(d)).value);
            CHECK(a.why ==
                  "no reading of group '" + group.name + "' tells states of model 'small' apart so far");
        }
    CHECK(p->probability("growing", kCtdna, day(21)).value);
    CHECK_FALSE(p->probability("growing", kBlood, day(21)).value);
    CHECK(p->probability("growing", kBlood, day(42)).value);
}

TEST_CASE("posterior: no look-ahead in what a group says", "[drift][posterior][group]") {
    const auto whole = posterior(patient(), day(200));
    for (int d = 42; d <= 120; ++d)
        CHECK(posterior(patient(), day(d))->disagreement("growing", kCtdna, kBlood, day(d)).value ==
              whole->disagreement("growing", kCtdna, kBlood, day(d)).value);
}

TEST_CASE("posterior: the reason of a group adds up to its log odds and names its channels alone",
          "[drift][posterior][group]") {
    const auto p = posterior(patient(), day(200));
    for (const auto& [group, d] : {std::pair{kCtdna, 91}, {kBlood, 91}, {kBlood, 63}}) {
        const auto reason = nlohmann::json::parse(p->reason("growing", group, day(d)));
        CHECK(reason.at("group") == group.name);
        const auto& visits = reason.at("visits");
        REQUIRE(visits.size() >= 2);
        CHECK(visits.back().at("date") == to_string(day(d)));
        CHECK(visits.back().at("log_odds").get<double>() ==
              Approx(logit(*p->probability("growing", group, day(d)).value)).epsilon(1e-9));
        for (std::size_t v = 1; v < visits.size(); ++v) {
            double sum = visits[v - 1].at("log_odds").get<double>() + visits[v].at("time").get<double>();
            for (const auto& [channel, weight] : visits[v].at("channels").items()) {
                CHECK(channel == group.channels[0]);
                sum += weight.get<double>();
            }
            CHECK(visits[v].at("log_odds").get<double>() == Approx(sum).margin(1e-9));
        }
    }
}

TEST_CASE("posterior: where levels are followed, a scan that grows and ctDNA that falls disagree",
          "[drift][posterior][group]") {
    const auto model = [](const std::string& channels) {
        Findings findings;
        markov::FittedModel m;
        m.spec = markov::read_spec(R"(schema: 1
model: burden
numbers: illustrative
states: [{name: shrinking}, {name: stable}, {name: growing}, {name: dead, absorbing: true, entry: exact}]
transitions:
  - {from: shrinking, to: stable, rate: 0.01}
  - {from: stable, to: growing, rate: 0.006}
  - {from: growing, to: dead, rate: 0.002}
growth: {shrinking: -0.025, stable: 0, growing: 0.01}
channels:
)" + channels + R"(start: {probabilities: {shrinking: 0.4, stable: 0.4, growing: 0.2}}
)",
                                   "burden.yaml", findings);
        REQUIRE(findings.ok());
        m.spec_hash = sha256_hex(m.spec.text);
        m.data_fingerprint = sha256_hex("none");
        m.date = "2024-01-01";
        markov::ParameterSet set;
        set.values = m.spec.start_values();
        set.standard_error.resize(set.values.size());
        set.summary.end = FitSummary::End::converged;
        set.summary.why = "by hand";
        set.summary.start_log_lik = set.summary.final_log_lik = -1.0;
        m.sets = {set};
        return Scorer("burden", "hash", markov::write_model(m));
    };
    const std::string sld =
        "  - {name: sld, says: growth, family: lognormal, share: 0.333, noise: 0.05, first: {mean: 4, sd: "
        "0.5}}\n";
    const std::string ctdna =
        "  - {name: ctdna, says: growth, family: lognormal, noise: 0.25, first: {mean: 1, sd: 1}}\n";
    series::Timeline t;
    t.patient.id = "P1";
    t.patient.day_zero = day(0);
    add_track(t, "sld", {{0, exactly(50)}, {42, exactly(57)}, {84, exactly(66)}});
    add_track(t, "ctdna", {{0, exactly(5)}, {21, exactly(3)}, {42, exactly(2)}, {84, below(1)}});
    const drift::ChannelGroup imaging{"imaging", {"sld"}}, blood{"ctdna", {"ctdna"}};
    const Scorer both = model(sld + ctdna), scans = model(sld), draws = model(ctdna);
    FilterTrack a, b, c;
    const auto p = both.posterior(t, day(84), a), by_scans = scans.posterior(t, day(84), b),
               by_draws = draws.posterior(t, day(84), c);
    CHECK_FALSE(p->evidence("growing", imaging, day(21)).value);  // a first level tells no states apart
    for (const int d : {42, 84}) {
        CAPTURE(d);
        // Models that have the one channel alone say the same: the patient lives, as each visit tells both.
        // Scans but for the collapse of mixtures at day 21, where only the other model has a row (0.0024).
        CHECK(*p->probability("growing", imaging, day(d)).value ==
              Approx(*by_scans->probability("growing", day(d)).value).margin(0.004));
        CHECK(*p->probability("growing", blood, day(d)).value ==
              Approx(*by_draws->probability("growing", day(d)).value).epsilon(1e-9));
        CHECK(*p->evidence("growing", imaging, day(d)).value > 1.1);
        CHECK(*p->evidence("growing", blood, day(d)).value < -1.1);
        CHECK(*p->disagreement("growing", imaging, blood, day(d)).value > 3.0);
    }
    const auto reason = nlohmann::json::parse(p->reason("growing", blood, day(84)));
    CHECK(reason.at("visits").back().at("log_odds").get<double>() ==
          Approx(logit(*p->probability("growing", blood, day(84)).value)).epsilon(1e-9));
}

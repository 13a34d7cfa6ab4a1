#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include <catch2/catch.hpp>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/path.hpp"

#include "markov/support/allocations.hpp"
#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Eigen::Index;

namespace {

std::size_t parameter(Spec& spec, const std::string& name, double start, Parameter::Scale scale,
                      bool fixed = false) {
    Parameter p;
    p.name = name;
    p.start = start;
    p.scale = scale;
    p.fixed = fixed;
    spec.parameters.push_back(p);
    return spec.parameters.size() - 1;
}
constexpr auto kLog = Parameter::Scale::log;
constexpr auto kIdentity = Parameter::Scale::identity;

void states(Spec& spec, std::size_t n) {
    for (std::size_t s = 0; s < n; ++s) {
        State state;
        state.name = "s" + std::to_string(s + 1);
        spec.states.push_back(state);
    }
}

void transition_of(Spec& spec, std::size_t from, std::size_t to, double rate, std::vector<Effect> e = {}) {
    const std::string name = "rate(" + std::to_string(from + 1) + ">" + std::to_string(to + 1) + ")";
    spec.transitions.push_back({from, to, parameter(spec, name, rate, kLog), std::move(e)});
}

/// Three states in a ring and death; Poisson counts, a misread state, a start, all with covariates.
Spec hidden() {
    Spec spec;
    states(spec, 4);
    spec.covariates = {{"x", false, true, 0.3}, {"sex", true, false, 0.4}};
    const std::size_t b = parameter(spec, "x on worsening", 0.3, kIdentity);
    transition_of(spec, 0, 1, 0.2, {{0, b, 1.0}});
    transition_of(spec, 1, 2, 0.3, {{0, b, 1.0}});
    transition_of(spec, 2, 0, 0.1, {{0, b, -1.0}});
    transition_of(spec, 1, 0, 0.15);
    transition_of(spec, 0, 3, 0.02);
    transition_of(spec, 2, 3, 0.2, {{1, parameter(spec, "sex on death", -0.2, kIdentity), 0.5}});

    Channel count;
    count.name = "count";
    count.family = Family::by_state;
    count.group = {0, 1, 1, Channel::kNone};
    const std::size_t h = parameter(spec, "x on count", 0.2, kIdentity);
    for (int g = 0; g < 2; ++g) {
        Channel::Group group;
        group.law = Law::poisson;
        group.terms = {{parameter(spec, "rate " + std::to_string(g), g == 0 ? 2.0 : 5.0, kLog),
                        {{0, h, g ? -1.0 : 1.0}}}};
        count.groups.push_back(group);
    }
    Channel seen;
    seen.name = "seen";
    seen.family = Family::categorical;
    seen.categories = {"a", "b", "c"};
    seen.group = {0, 1, 2, Channel::kNone};
    const std::size_t m = parameter(spec, "sex on misreading", 0.4, kIdentity);
    for (std::size_t g = 0; g < 3; ++g) {
        Channel::Group group;
        group.odds.assign(3, Channel::Group::kImpossible);
        group.odds_effects.resize(3);
        group.odds[g] = Channel::Group::kBase;
        const std::size_t other = g == 1 ? 2 : 1;
        group.odds[other] = static_cast<int>(parameter(spec, "odds " + std::to_string(g), -1.5, kIdentity));
        group.odds_effects[other] = {{1, m, 1.0}};
        seen.groups.push_back(group);
    }
    spec.channels = {count, seen};
    StartFactor start;
    start.labels = {"s1", "s2"};
    start.parameter = {Channel::Group::kBase, static_cast<int>(parameter(spec, "start", -0.8, kIdentity))};
    start.label_of = {0, 1, -1, -1};
    start.effects = {{}, {{1, parameter(spec, "sex on start", 0.5, kIdentity), 1.0}}};
    spec.start = {start};
    return spec;
}

Panel panel_of(const Spec& spec) {
    Panel panel(spec);
    const auto add = [&](double t, Kind kind, StateSet among, Reading count, Reading seen, double x,
                         double sex, bool known = false) {
        const Reading readings[] = {count, seen};
        const double covariates[] = {x, sex};
        Row row;
        row.time = Days{t};
        row.kind = kind;
        row.among = among;
        row.known = known;
        row.readings = readings;
        row.covariates = covariates;
        panel.add(row);
    };
    using K = Kind;
    panel.begin_subject("plain");
    add(0, K::snapshot, 0, Reading::of(3), Reading::of(0), 0.1, 1);
    add(1.5, K::snapshot, 0, Reading::of(4), Reading::one_of(0b110), 0.5, 1);
    add(2.5, K::snapshot, 0b0110, {}, {}, 0.2, 1);
    add(3.1, K::entry, 0b1000, {}, {}, 0.2, 1);
    const double own[] = {0.2, 0.0, 1.3, 0.0};
    panel.begin_subject("own start, weight 2.5", 2.5, own);
    add(0, K::snapshot, 0, Reading::of(1), {}, 0.4, 0);
    add(0.7, K::watched, 0, Reading::of(2), Reading::of(1), 0.4, 0);
    add(1.9, K::watched, 0b0010, Reading::of(7), Reading::of(2), 0.9, 0);
    add(2.4, K::entry, 0b0111, Reading::of(2), {}, 0.9, 0);
    panel.begin_subject("known at first");
    add(0, K::snapshot, 0b0100, Reading::of(6), {}, -0.4, 1, true);
    add(2, K::snapshot, 0, {}, {}, 0.6, 1);
    add(2.2, K::snapshot, 0, Reading::of(2), {}, 0.6, 1);
    panel.begin_subject("one record");
    add(0, K::snapshot, 0, Reading::of(2), Reading::of(1), 0.0, 0);
    return panel;
}

/// The readings' probability in a state, from the definitions.
double weight_of(const Spec& spec, const Values& v, const Row& row, std::size_t s) {
    if (row.among != 0 && !contains(row.among, s)) return 0.0;
    double w = 1.0;
    const auto value = [&](const std::string& name) { return v[*spec.parameter_index(name)]; };
    const double x = row.covariates[0] - 0.3, sex = row.covariates[1] - 0.4;
    if (row.readings[0].present) {
        if (s == 3) return 0.0;
        const double rate = s == 0 ? value("rate 0") * std::exp(value("x on count") * x)
                                   : value("rate 1") * std::exp(-value("x on count") * x);
        w *= std::pow(rate, row.readings[0].value) * std::exp(-rate) / std::tgamma(row.readings[0].value + 1);
    }
    if (row.readings[1].present) {
        if (s == 3) return 0.0;
        const double odds = std::exp(value("odds " + std::to_string(s)) + value("sex on misreading") * sex);
        double p[3] = {0, 0, 0};
        p[s] = 1 / (1 + odds);
        p[s == 1 ? 2 : 1] = odds / (1 + odds);
        double sum = 0.0;
        for (std::size_t c = 0; c < 3; ++c)
            if (row.readings[1].among != 0 ? contains(row.readings[1].among, c)
                                           : row.readings[1].value == static_cast<double>(c))
                sum += p[c];
        w *= sum;
    }
    return w;
}

Eigen::MatrixXd intensities(const Spec& spec, const Values& v, const Row& row) {
    Eigen::MatrixXd Q = Eigen::MatrixXd::Zero(4, 4);
    const auto value = [&](const std::string& name) { return v[*spec.parameter_index(name)]; };
    const double b = value("x on worsening") * (row.covariates[0] - 0.3);
    Q(0, 1) = value("rate(1>2)") * std::exp(b);
    Q(1, 2) = value("rate(2>3)") * std::exp(b);
    Q(2, 0) = value("rate(3>1)") * std::exp(-b);
    Q(1, 0) = value("rate(2>1)");
    Q(0, 3) = value("rate(1>4)");
    Q(2, 3) = value("rate(3>4)") * std::exp(0.5 * value("sex on death") * (row.covariates[1] - 0.4));
    for (Index i = 0; i < 4; ++i)
        Q(i, i) = -Q.row(i).sum();
    return Q;
}

/// Sum over paths, written as a product of matrices.
double by_hand(const Spec& spec, const Values& v, const Panel& panel, std::size_t subject) {
    const std::size_t first = panel.first_row(subject);
    Eigen::RowVectorXd alpha = Eigen::RowVectorXd::Zero(4);
    for (std::size_t i = first; i < panel.end_row(subject); ++i) {
        const Row row = panel.row(i);
        if (i == first) {
            const double odds =
                std::exp(v[*spec.parameter_index("start")] +
                         v[*spec.parameter_index("sex on start")] * (row.covariates[1] - 0.4));
            if (row.known)
                alpha.setOnes();
            else if (!panel.start(subject).empty())
                alpha << 0.2, 0.0, 1.3, 0.0;
            else
                alpha << 1 / (1 + odds), odds / (1 + odds), 0, 0;
        } else {
            const Row last = panel.row(i - 1);
            const double t = row.time.count - last.time.count;
            const Eigen::MatrixXd Q = intensities(spec, v, last);
            Eigen::MatrixXd T = oracle::taylor(Q, t), off = Q;
            off.diagonal().setZero();
            if (row.kind == Kind::entry) T = (T * off).eval();
            for (Index r = 0; r < 4 && row.kind == Kind::watched; ++r)
                for (Index s = 0; s < 4; ++s)
                    T(r, s) = std::exp(Q(r, r) * t) * (r == s ? 1.0 : Q(r, s));
            alpha = (alpha * T).eval();
        }
        for (std::size_t s = 0; s < 4; ++s)
            alpha[static_cast<Index>(s)] *= weight_of(spec, v, row, s);
    }
    return std::log(alpha.sum());
}

}  // namespace

TEST_CASE("Likelihood: every scheme of observation equals its definition", "[markov][schemes][reference]") {
    // Reference: by_hand above, from the definitions (Jackson 2011, section 1.4). Rounding alone: 1e-12.
    const Spec spec = hidden();
    const Panel panel = panel_of(spec);
    const Values v = oracle::moved_values(spec, 3);
    const Likelihood likelihood(spec, panel);
    const auto each = likelihood.by_subject(v);
    double sum = 0.0;
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        CAPTURE(panel.id(s));
        const double expected = by_hand(spec, v, panel, s);
        CHECK_THAT(each[s], WithinRel(expected, 1e-12));
        sum += panel.weight(s) * expected;
        TransitionCache cache(spec, v);
        const Filter filter(cache);
        FilterState state = filter.start(panel.start(s), panel.row(panel.first_row(s)).covariates);
        Step step;
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i)
            filter.step(state, panel.row(i), step);
        CHECK_THAT(state.log_likelihood, WithinRel(expected, 1e-12));
        CHECK_THAT(smooth(cache, panel, s).bottomRows(1).sum(), WithinAbs(1.0, 1e-12));
        CHECK(most_probable_path(cache, panel, s).log_joint <= expected + 1e-12);
    }
    CHECK_THAT(likelihood.value(v), WithinRel(sum, 1e-12));
    CHECK(impossible_rows(spec, v, panel).empty());
}

TEST_CASE("Filter: a row whose gap is known takes no memory, whatever its kind",
          "[markov][schemes][filter]") {
    const bool schemes = GENERATE(true, false);
    const Spec spec = schemes ? hidden() : oracle::spec_of(oracle::kEverything);
    const Panel panel = schemes ? panel_of(spec) : oracle::random_panel(spec, 20, 8, 7);
    const Values v = oracle::moved_values(spec, 3);
    TransitionCache cache(spec, v);
    const Filter filter(cache);
    Step step;
    std::set<Kind> kinds;
    for (const bool first_time : {true, false})
        for (std::size_t s = 0; s < panel.subjects(); ++s) {
            FilterState state = filter.start(panel.start(s), panel.row(panel.first_row(s)).covariates);
            for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
                const std::size_t before = oracle::allocations();
                filter.step(state, panel.row(i), step);
                const std::size_t taken = oracle::allocations() - before;
                CAPTURE(panel.id(s), i);
                kinds.insert(panel.row(i).kind);
                CHECK((first_time || taken == 0));
            }
        }
    CHECK(kinds.size() >= 3);
    // What is counted: operator new, and Eigen's own.
    const std::size_t before = oracle::allocations();
    const auto number = std::make_unique<double>(1.0);
    CHECK(oracle::allocations() == before + 1);
    const Eigen::MatrixXd matrix = Eigen::MatrixXd::Constant(3, 3, *number);
    CHECK(oracle::allocations() > before + 1);
    CHECK(matrix.sum() == 9.0);
}

TEST_CASE("Likelihood: gradient by every kind of parameter equals finite differences",
          "[markov][schemes][reference]") {
    const Spec spec = hidden();
    const Panel panel = panel_of(spec);
    const Likelihood likelihood(spec, panel);
    const Values v = oracle::moved_values(spec, 5);
    std::vector<double> gradient;
    (void)likelihood.value(v, gradient);
    for (std::size_t p = 0; p < v.size(); ++p) {
        const auto at = [&](double move) {
            Values w = v;
            w[p] = spec.parameters[p].natural_from(spec.parameters[p].free_from(w[p]) + move);
            return likelihood.value(w);
        };
        const double h = 1e-3, slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
        CAPTURE(spec.parameters[p].name);
        CHECK_THAT(gradient[p], WithinAbs(slope, 1e-9 * (1 + std::abs(slope))));
    }
}

TEST_CASE("impossible_rows: tied times and forbidden moves are named, and the subject goes on",
          "[markov][schemes][error]") {
    Spec spec;
    states(spec, 3);
    transition_of(spec, 0, 1, 0.1);
    transition_of(spec, 1, 2, 0.1);
    Panel panel(spec);
    const auto add = [&](double t, std::size_t s) {
        Row row;
        row.time = Days{t};
        row.among = only(s);
        row.known = true;
        panel.add(row);
    };
    panel.begin_subject("fine");
    add(0, 0), add(1, 2);
    panel.begin_subject("twice wrong");
    add(0, 0), add(2, 1), add(2, 2), add(3, 0), add(4, 1);
    const auto rows = impossible_rows(spec, spec.start_values(), panel);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].subject == 1);
    CHECK(rows[0].row == 2);
    CHECK(rows[0].why == "state 's3' cannot follow state 's2' after a time of 0");
    CHECK(rows[1].row == 3);
    CHECK(rows[1].why == "state 's1' cannot follow state 's3' after a time of 1");
}

namespace {

// Data of the msm package (GPL): read where they lie, never copied here.
const std::string kData = std::string(BELLWETHER_SOURCE_DIR) + "/../shared/reference/msm/data/";

std::vector<std::map<std::string, std::string>> table(const std::string& name) {
    std::vector<std::map<std::string, std::string>> rows;
    std::ifstream file(kData + name);
    std::string line;
    std::getline(file, line);
    const auto unquoted = [](std::string s) {
        std::erase(s, '"');
        return s;
    };
    const auto head = split(line, ',');
    while (std::getline(file, line)) {
        const auto cells = split(line, ',');
        auto& row = rows.emplace_back();
        for (std::size_t i = 0; i < cells.size(); ++i)
            row[unquoted(std::string(head[i]))] = unquoted(std::string(cells[i]));
    }
    return rows;
}

}  // namespace

TEST_CASE("Likelihood: cav_obstype_mixed equals msm", "[markov][msm][reference]") {
    // Reference: msm 1.8.2 (024f685), obstype by record: -2 log likelihood and gradient at the start values.
    const auto rows = table("cav_obstype.csv");
    if (rows.empty()) {
        WARN("skipped: the reference data of msm are not beside this source tree");
        return;
    }
    Spec spec;
    states(spec, 4);
    const struct {
        std::size_t from, to;
        double rate;
    } moves[] = {{0, 1, .25},  {0, 3, .25}, {1, 0, .166}, {1, 2, .166},
                 {1, 3, .166}, {2, 1, .25}, {2, 3, .25}};
    for (const auto& m : moves)
        transition_of(spec, m.from, m.to, m.rate);
    Panel panel(spec);
    std::string last;
    for (const auto& r : rows) {
        if (r.at("PTNUM") != last) panel.begin_subject(last = r.at("PTNUM"));
        Row row;
        row.time = Days{std::stod(r.at("years"))};
        row.among = only(std::stoul(r.at("state")) - 1);
        const int type = std::stoi(r.at("obstype"));
        row.kind = type == 2 ? Kind::watched : type == 3 ? Kind::entry : Kind::snapshot;
        row.known = true;
        panel.add(row);
    }
    std::vector<double> g;
    CHECK_THAT(-2 * Likelihood(spec, panel).value(spec.start_values(), g), WithinRel(5064.15097391274, 1e-9));
    const double expected[] = {648.832531717099, 1115.97253912807, -93.1093875446746, -77.6470575122013,
                               78.0787106297259, 35.9365477323371, 30.8448432517155};
    for (std::size_t i = 0; i < 7; ++i)
        CHECK_THAT(-2 * g[i], WithinRel(expected[i], 1e-6));
}

TEST_CASE("Likelihood: zoo_norm_hcov equals msm", "[markov][msm][reference]") {
    // Reference: msm 1.8.2 (024f685), outcome covariates: -2 log likelihood and gradient at the start values.
    const auto rows = table("zoo.csv");
    if (rows.empty()) {
        WARN("skipped: the reference data of msm are not beside this source tree");
        return;
    }
    Spec spec;
    states(spec, 2);
    spec.covariates = {{"x", false, true, -0.12975}};
    transition_of(spec, 0, 1, 0.3);
    transition_of(spec, 1, 0, 0.3);
    Channel y;
    y.name = "y";
    y.family = Family::by_state;
    y.group = {0, 1};
    for (int s = 0; s < 2; ++s) {
        Channel::Group group;
        const std::size_t mean = parameter(spec, "mean" + std::to_string(s), s == 0 ? 2.5 : 4.5, kIdentity);
        const std::size_t sd = parameter(spec, "sd" + std::to_string(s), 1.2, kLog);
        group.terms = {{mean, {}}, {sd, {}}};
        y.groups.push_back(group);
    }
    for (std::size_t s = 0; s < 2; ++s)
        y.groups[s].terms[0].effects = {
            {0, parameter(spec, "x" + std::to_string(s), s == 0 ? 0.5 : -0.3, kIdentity), 1.0}};
    spec.channels = {y};
    Panel panel(spec);
    std::string last;
    const double start[] = {0.7, 0.3};
    for (const auto& r : rows) {
        if (r.at("subject") != last) panel.begin_subject(last = r.at("subject"), 1.0, start);
        const Reading reading[] = {r.at("norm_x") == "NA" ? Reading{}
                                                          : Reading::of(std::stod(r.at("norm_x")))};
        const double x[] = {std::stod(r.at("x"))};
        Row row;
        row.time = Days{std::stod(r.at("time"))};
        row.readings = reading;
        row.covariates = x;
        panel.add(row);
    }
    std::vector<double> g;
    CHECK_THAT(-2 * Likelihood(spec, panel).value(spec.start_values(), g), WithinRel(3108.15275107315, 1e-9));
    const double expected[] = {-22.8742229170619, 38.7488157181783,  237.679281642788,  -89.524899503886,
                               -286.716203220176, -93.2723402703752, -140.474692087946, 171.939487656608};
    for (std::size_t i = 0; i < 8; ++i)
        CHECK_THAT(-2 * g[i], WithinRel(expected[i], 1e-6));
}

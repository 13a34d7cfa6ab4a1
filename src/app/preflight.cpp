#include "bellwether/app/preflight.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/likelihood.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

/// An interval of one subject whose first state, and maybe last, is seen.
struct Interval {
    std::size_t row;                      ///< of the panel, at its beginning
    std::optional<std::size_t> from, to;  ///< declared states
};

/// States as declared, and the states of the model that each stands for.
struct Declared {
    std::vector<std::string> names;
    std::vector<StateSet> sets;
    explicit Declared(const Spec& spec) {
        for (std::size_t s = 0; s < spec.states.size(); ++s) {
            const State& state = spec.states[s];
            if (state.phase > 1) {
                sets.back() |= only(s);
                continue;
            }
            names.push_back(state.phase == 0 ? state.name : state.labels.back());
            sets.push_back(only(s));
        }
    }
    /// The one state that a row says, if it says one.
    [[nodiscard]] std::optional<std::size_t> seen(const Row& row) const {
        const StateSet among = row.kind == Kind::exact_entry ? only(row.state) : row.among;
        for (std::size_t d = 0; d < sets.size(); ++d)
            if (among != 0 && (among & ~sets[d]) == 0) return d;
        return std::nullopt;
    }
    [[nodiscard]] std::size_t of(std::size_t state) const {
        std::size_t d = 0;
        while (!contains(sets[d], state))
            ++d;
        return d;
    }
};

std::vector<Interval> intervals_of(const Panel& panel, const Declared& declared) {
    std::vector<Interval> out;
    for (std::size_t s = 0; s < panel.subjects(); ++s)
        for (std::size_t i = panel.first_row(s); i + 1 < panel.end_row(s); ++i)
            out.push_back({i, declared.seen(panel.row(i)), declared.seen(panel.row(i + 1))});
    return out;
}

/// The smallest and largest value of a covariate over intervals.
struct Spread {
    std::size_t count = 0;
    double low = 0.0, high = 0.0, sum = 0.0, squares = 0.0;
    void add(double x) {
        low = count == 0 ? x : std::min(low, x);
        high = count == 0 ? x : std::max(high, x);
        ++count;
        sum += x;
        squares += x * x;
    }
    [[nodiscard]] bool constant() const { return low == high; }
};

class Look {
public:
    Look(const Spec& spec, const Panel& panel) : spec_(spec), panel_(panel), declared_(spec) {}

    Preflight take() {
        intervals_ = intervals_of(panel_, declared_);
        counts();
        reach();
        seen();
        effects();
        identification();
        units();
        return std::move(out_);
    }

private:
    void advise(std::string sentence) { out_.advice.push_back(std::move(sentence)); }

    void counts() {
        out_.model = spec_.name;
        out_.unit = spec_.time_unit;
        out_.subjects = panel_.subjects();
        out_.rows = panel_.rows();
        out_.states = declared_.names;
        out_.moves.assign(declared_.names.size(), std::vector<std::size_t>(declared_.names.size(), 0));
        for (const Parameter& p : spec_.parameters)
            out_.free_parameters += p.fixed ? 0 : 1;
        std::vector<double> gaps;
        for (const Interval& i : intervals_) {
            gaps.push_back(panel_.row(i.row + 1).time.count - panel_.row(i.row).time.count);
            if (!i.from || !i.to) continue;
            ++out_.moves[*i.from][*i.to];
            ++out_.pairs;
        }
        for (std::size_t s = 0; s < panel_.subjects(); ++s) {
            const std::size_t first = panel_.first_row(s), last = panel_.end_row(s) - 1;
            out_.single += first == last ? 1 : 0;
            out_.longest = std::max(out_.longest, panel_.row(last).time.count - panel_.row(first).time.count);
        }
        if (gaps.empty()) return;
        const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
        std::nth_element(gaps.begin(), middle, gaps.end());
        out_.median_gap = *middle;
    }

    /// States to which no transitions lead from where subjects may start.
    void reach() {
        StateSet reached = 0;
        if (spec_.start.empty()) {
            for (std::size_t s = 0; s < panel_.subjects(); ++s)
                reached |= panel_.row(panel_.first_row(s)).among & spec_.all_states();
        } else {
            for (std::size_t s = 0; s < spec_.states.size(); ++s)
                if (std::all_of(spec_.start.begin(), spec_.start.end(),
                                [&](const StartFactor& f) { return f.label_of[s] >= 0; }))
                    reached |= only(s);
        }
        for (std::size_t pass = 0; pass < spec_.states.size(); ++pass)
            for (const Transition& t : spec_.transitions)
                if (contains(reached, t.from)) reached |= only(t.to);
        for (std::size_t s = 0; s < spec_.states.size(); ++s)
            if (!contains(reached, s))
                advise(
                    fmt::format("state '{}' is never reached: no transitions lead to it from where subjects "
                                "start; its parameters mean nothing",
                                spec_.states[s].name));
    }

    /// Transitions that the data do not show.
    void seen() {
        if (out_.pairs == 0) return;
        for (std::size_t d = 0; spec_.channels.empty() && d < out_.states.size(); ++d) {
            std::size_t n = 0;
            for (std::size_t e = 0; e < out_.states.size(); ++e)
                n += out_.moves[d][e] + out_.moves[e][d];
            if (n == 0) advise(fmt::format("no subject is ever seen in '{}'", out_.states[d]));
        }
        std::size_t unseen = 0, few = 0;
        for (const auto& [from, to] : joined()) {
            const std::size_t n = out_.moves[from][to];
            if (!spec_.channels.empty() && n == 0 && !exact(to)) continue;
            unseen += n == 0 ? 1 : 0;
            few += n > 0 && n < 5 ? 1 : 0;
            if (n == 0)
                advise(
                    fmt::format("no subject seen in '{}' is next seen in '{}': the rate of {} -> {} may run "
                                "to 0; if the move must go through another state, remove the transition",
                                out_.states[from], out_.states[to], out_.states[from], out_.states[to]));
            else if (n < 5)
                advise(fmt::format("{} -> {} rests on {} move{}", out_.states[from], out_.states[to], n,
                                   n == 1 ? "" : "s"));
        }
        if (unseen + few > 1)
            advise(
                fmt::format("{} of {} transitions have fewer than 5 moves: the model may have too many "
                            "instantaneous transitions; a move between two looks can pass through states "
                            "in between",
                            unseen + few, joined().size()));
    }

    [[nodiscard]] bool exact(std::size_t d) const {
        for (std::size_t s = 0; s < spec_.states.size(); ++s)
            if (contains(declared_.sets[d], s) && !spec_.states[s].exact_entry) return false;
        return true;
    }

    /// Declared states that a transition joins, without repeats.
    [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> joined() const {
        std::vector<std::pair<std::size_t, std::size_t>> out;
        for (const Transition& t : spec_.transitions) {
            const std::pair<std::size_t, std::size_t> pair{declared_.of(t.from), declared_.of(t.to)};
            if (pair.first != pair.second && std::find(out.begin(), out.end(), pair) == out.end())
                out.push_back(pair);
        }
        return out;
    }

    /// What the intervals that begin in a state say of an effect. Where states are hidden, all intervals may.
    void effects() {
        std::vector<std::string> said;
        for (const Transition& t : spec_.transitions)
            for (const Effect& e : t.effects) {
                if (spec_.parameters[e.parameter].fixed) continue;
                const std::size_t from = declared_.of(t.from), to = declared_.of(t.to);
                Spread risk, moved;
                for (const Interval& i : intervals_) {
                    if (i.from && *i.from != from) continue;
                    const double x = panel_.row(i.row).covariates[e.covariate];
                    risk.add(x);
                    if (i.from && i.to == to) moved.add(x);
                }
                const std::string sentence =
                    on_effect(spec_.covariates[e.covariate], declared_.names[from], declared_.names[to], risk,
                              moved, sharers(e.parameter));
                if (!sentence.empty() && std::find(said.begin(), said.end(), sentence) == said.end())
                    said.push_back(sentence);
            }
        out_.advice.insert(out_.advice.end(), said.begin(), said.end());
    }

    [[nodiscard]] std::size_t sharers(std::size_t parameter) const {
        std::size_t n = 0;
        for (const Transition& t : spec_.transitions)
            n += static_cast<std::size_t>(
                std::count_if(t.effects.begin(), t.effects.end(),
                              [&](const Effect& e) { return e.parameter == parameter; }));
        return n;
    }

    [[nodiscard]] static std::string on_effect(const Covariate& c, const std::string& from,
                                               const std::string& to, const Spread& risk, const Spread& moved,
                                               std::size_t sharers) {
        if (sharers > 1) return "";  // other transitions may inform it
        if (risk.count == 0)
            return fmt::format("no data inform the effect of {} on {} -> {}: no interval begins in {}",
                               c.name, from, to, from);
        if (risk.constant())
            return fmt::format(
                "no data inform the effect of {} on {} -> {}: it is {} in all {} intervals that "
                "begin in {}",
                c.name, from, to, shortest(risk.low), risk.count, from);
        if (c.indicator && moved.count > 0 && moved.constant())
            return fmt::format("all {} moves {} -> {} have {} = {}: its effect there may run off to infinity",
                               moved.count, from, to, c.name, shortest(moved.low));
        return "";
    }

    void identification() {
        if (out_.single > 0)
            advise(fmt::format("{} subject{} one row alone, which tells nothing of the rates", out_.single,
                               out_.single == 1 ? " has" : "s have"));
        if (out_.pairs > 0 && out_.free_parameters * 5 > out_.pairs)
            advise(fmt::format("{} free parameters for {} pairs of states: expect wide intervals",
                               out_.free_parameters, out_.pairs));
    }

    void units() {
        for (std::size_t c = 0; c < spec_.covariates.size(); ++c) {
            Spread all;
            for (const Interval& i : intervals_)
                all.add(panel_.row(i.row).covariates[c]);
            if (all.count < 2 || all.constant()) continue;
            const auto n = static_cast<double>(all.count);
            const double sd = std::sqrt(std::max(0.0, all.squares / n - (all.sum / n) * (all.sum / n)));
            if (sd > 100.0 || sd < 0.01)
                advise(
                    fmt::format("covariate {} has a standard deviation of {:.3g}: its effects are per one "
                                "unit of it; another unit reads better (the fit scales by itself)",
                                spec_.covariates[c].name, sd));
        }
        std::vector<double> leaving(spec_.states.size(), 0.0);
        for (const Transition& t : spec_.transitions)
            leaving[t.from] += spec_.parameters[t.rate].start;
        for (std::size_t s = 0; s < leaving.size(); ++s) {
            if (leaving[s] <= 0.0 || out_.median_gap <= 0.0) continue;
            const double stay = 1.0 / leaving[s];
            if (stay > 1000.0 * out_.longest || stay < 0.001 * out_.median_gap)
                advise(
                    fmt::format("by its start values '{}' lasts {:.3g} {}s, but the gaps are {:.3g} and the "
                                "longest follow-up {:.3g}: is the unit of time right? (--start data takes "
                                "start values from the table)",
                                spec_.states[s].name, stay, out_.unit, out_.median_gap, out_.longest));
        }
    }

    const Spec& spec_;
    const Panel& panel_;
    Declared declared_;
    std::vector<Interval> intervals_;
    Preflight out_;
};

}  // namespace

Preflight preflight(const Spec& spec, const Panel& panel) {
    return Look(spec, panel).take();
}

std::string describe(const Preflight& p) {
    std::string out = fmt::format(
        "model {}: {} subjects, {} rows, {} free parameters; median gap {:.4g} {}s, longest follow-up "
        "{:.4g}\n",
        p.model, p.subjects, p.rows, p.free_parameters, p.median_gap, p.unit, p.longest);
    if (p.pairs > 0) {
        out += fmt::format("moves between consecutive rows ({}):\n  {:<16}", p.pairs, "from \\ to");
        for (const auto& state : p.states)
            out += fmt::format(" {:>12}", state);
        for (std::size_t r = 0; r < p.states.size(); ++r) {
            out += fmt::format("\n  {:<16}", p.states[r]);
            for (const std::size_t n : p.moves[r])
                out += fmt::format(" {:>12}", n);
        }
        out += "\n";
    }
    for (const auto& sentence : p.advice)
        out += "! " + sentence + "\n";
    return out;
}

std::string describe_json(const Preflight& p) {
    return nlohmann::ordered_json{{"model", p.model},
                                  {"time_unit", p.unit},
                                  {"subjects", p.subjects},
                                  {"rows", p.rows},
                                  {"subjects_with_one_row", p.single},
                                  {"free_parameters", p.free_parameters},
                                  {"median_gap", p.median_gap},
                                  {"longest_follow_up", p.longest},
                                  {"states", p.states},
                                  {"moves", p.moves},
                                  {"advice", p.advice}}
               .dump(2) +
           "\n";
}

std::string describe_csv(const Preflight& p) {
    std::string out = "from,to,moves\n";
    for (std::size_t r = 0; r < p.states.size(); ++r)
        for (std::size_t s = 0; s < p.states.size(); ++s)
            out += fmt::format("{},{},{}\n", p.states[r], p.states[s], p.moves[r][s]);
    return out;
}

void find_impossible(const Spec& spec, const Values& values, const Table& table, const std::string& name,
                     Findings& findings) {
    const Panel& panel = table.panel;
    for (const auto& bad : impossible_rows(spec, values, panel)) {
        const std::size_t row = panel.first_row(bad.subject) + bad.row;
        const bool tied = bad.row > 0 && panel.row(row).time.count == panel.row(row - 1).time.count;
        findings.error("P028", {name, table.line[row], 1},
                       fmt::format("subject '{}' cannot be so at time {}: {}", panel.id(bad.subject),
                                   shortest(panel.row(row).time.count), bad.why),
                       tied ? "two states stand at one time: move or remove one of the rows"
                            : "correct the row, or let the model have the transition");
    }
}

}  // namespace bellwether::app

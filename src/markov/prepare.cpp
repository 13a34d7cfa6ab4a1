#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

#include "expm.hpp"
#include "prepared.hpp"

namespace bellwether::markov {
namespace {

/// Rows of work in a block: a tenth of a millisecond, far above what a block costs by itself.
constexpr std::size_t kBlock = 1024;

/// Distinct covariates that act on transitions, and distinct gaps under each.
class Distinct {
public:
    explicit Distinct(Likelihood::Prepared& in) : in_(in), acts_(in.spec.covariates.size(), false) {
        for (const Transition& t : in.spec.transitions)
            for (const Effect& e : t.effects)
                acts_[e.covariate] = true;
    }
    int generator_of(std::span<const double> covariates) {
        key_.assign(covariates.begin(), covariates.end());
        for (std::size_t c = 0; c < key_.size(); ++c)
            if (!acts_[c]) key_[c] = in_.spec.covariates[c].centre;
        if (last_ >= 0 && in_.generators[static_cast<std::size_t>(last_)] == key_) return last_;
        const auto [it, fresh] = generators_.emplace(key_, static_cast<int>(in_.generators.size()));
        if (fresh) {
            in_.generators.push_back(key_);
            slots_.emplace_back();
        }
        return last_ = it->second;
    }
    int slot_of(int generator, double gap) {
        const auto [it, fresh] =
            slots_[static_cast<std::size_t>(generator)].emplace(gap, static_cast<int>(in_.slots.size()));
        if (fresh) in_.slots.push_back({generator, gap, -1});
        return it->second;
    }

private:
    Likelihood::Prepared& in_;
    std::vector<bool> acts_;
    std::vector<double> key_;
    int last_ = -1;
    std::map<std::vector<double>, int> generators_;
    std::vector<std::unordered_map<double, int>> slots_;  ///< by generator
};

/// Is the reading weighed by a mean and sd of channel, pattern and state alone? States that always read the
/// same (a death's code) may be among the others: a reading that is none of theirs is impossible there.
bool plain_normal(const Spec& spec, const Evidence& e) {
    const Channel& channel = spec.channels[e.channel];
    if (e.form == Evidence::Form::normal) return e.censor == Censor::none;
    if (e.form != Evidence::Form::law || e.reading.censor != Censor::none) return false;
    using Scale = Parameter::Scale;
    return std::all_of(channel.groups.begin(), channel.groups.end(), [&](const Channel::Group& g) {
        const auto of = [&](std::size_t i) -> const Parameter& {
            return spec.parameters[g.terms[i].parameter];
        };
        if (g.law == Law::identity) return of(0).fixed && of(0).start != e.reading.value;
        return g.law == Law::normal && g.terms[0].effects.empty() && g.terms[1].effects.empty() &&
               of(0).scale == Scale::identity && of(1).scale == Scale::log;
    });
}

bool effects_on(const Channel& channel) {
    return std::any_of(channel.groups.begin(), channel.groups.end(), [](const Channel::Group& g) {
        return !g.odds_effects.empty() ||
               std::any_of(g.terms.begin(), g.terms.end(), [](const Term& t) { return !t.effects.empty(); });
    });
}

using ReadingKey = std::tuple<std::size_t, Censor, double, double, std::uint64_t>;
ReadingKey key_of(const Evidence& e) {
    if (e.form == Evidence::Form::categorical)
        return {e.channel, Censor::none, static_cast<double>(e.category), 0.0, e.reading.among};
    return {e.channel, e.reading.censor, e.reading.value, e.reading.upper, 0};
}

}  // namespace

std::optional<std::size_t> PreparedRow::point() const {
    if (kind == Kind::exact_entry) return state;
    if (std::has_single_bit(among)) return static_cast<std::size_t>(std::countr_zero(among));
    return std::nullopt;
}

Likelihood::Prepared::Prepared(const Spec& from, const Panel& panel) : spec(from) {
    if (panel.channels() != spec.channels.size() || panel.covariates() != spec.covariates.size())
        throw Error("M004", "the panel has other channels or covariates than the model");
    const std::size_t K = spec.states.size();
    moves.assign(K * K, false);
    for (const Transition& t : spec.transitions)
        moves[t.from * K + t.to] = true;
    reach = reach_of(K, [&](std::size_t r, std::size_t s) { return moves[r * K + s]; });
    for (const StartFactor& factor : spec.start)
        start_varies = start_varies || !factor.effects.empty();
    latent = spec.has_latent();
    find_patients();
    take_rows(panel);
    if (patients.empty() && !latent) {
        cut();
    } else {  // the pieces of a subject share its own levels
        for (std::size_t s = 0; s + 1 < first.size(); ++s)
            if (first[s] < first[s + 1] && weight[s] > 0.0) stretches.push_back(whole(s));
    }
    share();
    find_busy();
    order_slots();
}

void Likelihood::Prepared::find_patients() {
    for (std::size_t c = 0; c < spec.channels.size(); ++c) {
        const Channel& channel = spec.channels[c];
        if (channel.patient_sd == Channel::kNone) continue;
        if (channel.family == Family::categorical || channel.says == Says::rate)
            throw Error("M004",
                        fmt::format("channel '{}' can have no level of a patient's own", channel.name));
        patients.push_back(c);
    }
    if (latent && !patients.empty())
        throw Error("M004", fmt::format("channel '{}' has a level of a patient's own beside levels that are "
                                        "followed: let it say own-baseline, with baseline: latent",
                                        spec.channels[patients.front()].name));
    if (patients.size() > 2)
        throw Error("M004",
                    fmt::format("{} channels with a level of a patient's own: two at most", patients.size()));
}

void Likelihood::Prepared::take_rows(const Panel& panel) {
    Distinct distinct_gaps(*this);
    rows.reserve(panel.rows());
    // Full size at once: evidence points into it.
    centred.resize(covariates_act_on_readings(spec) ? panel.rows() * spec.covariates.size() : 0);
    std::vector<Evidence> all;
    std::vector<ChannelMemory> memory;
    for (std::size_t subject = 0; subject < panel.subjects(); ++subject) {
        first.push_back(rows.size());
        weight.push_back(panel.weight(subject));
        own_start.emplace_back(panel.start(subject).begin(), panel.start(subject).end());
        if (!own_start.back().empty() && own_start.back().size() != spec.states.size())
            throw Error("M004", fmt::format("subject '{}' has {} start probabilities for {} states",
                                            panel.id(subject), own_start.back().size(), spec.states.size()));
        first_covariates.emplace_back();
        memory.assign(spec.channels.size(), {});
        Row last;
        for (std::size_t i = panel.first_row(subject); i < panel.end_row(subject); ++i) {
            const Row row = panel.row(i);
            const bool is_first = i == panel.first_row(subject);
            check_row(spec, row, is_first);
            const Days gap{is_first ? 0.0 : row.time.count - last.time.count};
            PreparedRow out;
            out.kind = is_first ? Kind::snapshot : row.kind;
            out.state = row.state;
            out.among = row.among == 0 ? spec.all_states() : row.among & spec.all_states();
            out.known = is_first && row.known;
            out.begin = all.size();
            if (is_first) {
                first_covariates.back().assign(row.covariates.begin(), row.covariates.end());
            } else {
                for (std::size_t c = 0; c < spec.covariates.size(); ++c)
                    if (!spec.covariates[c].varying && row.covariates[c] != last.covariates[c])
                        throw Error("M007", fmt::format("covariate '{}' is fixed in time but changes",
                                                        spec.covariates[c].name));
                out.generator = distinct_gaps.generator_of(last.covariates);
                out.slot = distinct_gaps.slot_of(out.generator, gap.count);
            }
            std::span<double> own;
            if (!centred.empty())
                own = std::span(centred).subspan(i * spec.covariates.size(), spec.covariates.size());
            for (std::size_t c = 0; c < own.size(); ++c)
                own[c] = row.covariates[c] - spec.covariates[c].centre;
            take_readings(spec, row, is_first ? row.covariates : last.covariates, gap, memory, all, own);
            out.end = all.size();
            rows.push_back(out);
            last = row;
        }
        longest = std::max(longest, rows.size() - first.back());
    }
    first.push_back(rows.size());
    shorten(std::move(all));
}

/// Each piece of evidence as an item, with few distinct readings weighed once.
void Likelihood::Prepared::shorten(std::vector<Evidence> all) {
    std::map<ReadingKey, std::uint32_t> known;
    std::vector<std::size_t> read(spec.channels.size(), 0), differ(spec.channels.size(), 0);
    // Beside levels that are followed, each reading is weighed as it stands.
    const auto plain = [&](const Evidence& e) { return !latent && plain_normal(spec, e); };
    const auto tabled = [&](const Evidence& e) {
        return !latent && (e.form == Evidence::Form::categorical || e.form == Evidence::Form::law) &&
               !plain(e) && !effects_on(spec.channels[e.channel]) &&
               spec.channels[e.channel].patient_sd == Channel::kNone;
    };
    const auto few = [&](std::size_t channel) { return differ[channel] <= 64 + read[channel] / 8; };
    for (const Evidence& e : all)
        ++read[e.channel];
    for (const Evidence& e : all)
        if (few(e.channel) && tabled(e) && known.emplace(key_of(e), 0).second) ++differ[e.channel];
    std::size_t groups = 0;
    known.clear();
    items.reserve(all.size());
    for (Evidence& e : all) {
        const Channel& channel = spec.channels[e.channel];
        Item item;
        item.channel = static_cast<std::uint32_t>(e.channel);
        if (e.form == Evidence::Form::silent) {
            item.how = Item::How::silent;
        } else if (plain(e)) {
            item.how = Item::How::normal;
            item.pattern = e.form == Evidence::Form::normal ? static_cast<std::uint32_t>(e.pattern) : 0;
            item.y = e.form == Evidence::Form::normal ? e.y : e.reading.value;
        } else if (tabled(e) && few(e.channel)) {
            item.how = Item::How::table;
            const auto [it, fresh] = known.emplace(key_of(e), static_cast<std::uint32_t>(distinct.size()));
            item.index = it->second;
            if (fresh) {
                e.centred = {};
                distinct.push_back(e);
                table_begin.push_back(groups);
                groups += channel.groups.size();
            }
        } else {
            item.index = static_cast<std::uint32_t>(evidence.size());
            evidence.push_back(e);
        }
        items.push_back(item);
    }
    table_begin.push_back(groups);
}

/// Into stretches between known states, and pairs.
void Likelihood::Prepared::cut() {
    std::map<std::tuple<int, std::uint8_t, std::uint8_t, Kind>, std::size_t> known;
    for (std::size_t s = 0; s + 1 < first.size(); ++s) {
        if (first[s] == first[s + 1] || weight[s] == 0.0) continue;
        std::size_t begin = first[s];
        std::optional<std::size_t> from;
        for (std::size_t i = first[s]; i < first[s + 1]; ++i) {
            const std::optional<std::size_t> point = rows[i].point();
            const bool last = i + 1 == first[s + 1];
            if (!point && !last) continue;
            if (i == first[s] && rows[i].known && point && rows[i].begin == rows[i].end) {
                // A known first state says nothing.
            } else if (from && point && i == begin + 1 && rows[i].begin == rows[i].end) {
                const PreparedRow& row = rows[i];
                const auto a = static_cast<std::uint8_t>(*from), b = static_cast<std::uint8_t>(*point);
                const auto [it, fresh] = known.emplace(std::tuple(row.slot, a, b, row.kind), pairs.size());
                if (fresh) pairs.push_back({row.slot, row.generator, row.kind, a, b, 0.0});
                pairs[it->second].weight += weight[s];
            } else {
                stretches.push_back({begin, i + 1, from ? static_cast<int>(*from) : -1, s});
            }
            begin = i;
            from = point;
        }
    }
}

void Likelihood::Prepared::share() {
    for (std::size_t i = 0; i < stretches.size();) {
        const std::size_t from = i;
        for (std::size_t n = 0; i < stretches.size() && n < kBlock; ++i)
            n += stretches[i].end - stretches[i].begin;
        blocks.push_back({from, i, 0, 0, 0, 0});
    }
    for (std::size_t i = 0; i < pairs.size(); i += kBlock)
        blocks.push_back({0, 0, i, std::min(pairs.size(), i + kBlock), 0, 0});
}

void Likelihood::Prepared::find_busy() {
    std::vector<std::size_t> uses(slots.size(), 0);
    std::size_t all = pairs.size();
    for (const Stretch& stretch : stretches) {
        all += stretch.end - stretch.begin;
        for (std::size_t i = stretch.begin + (stretch.from >= 0 ? 1 : 0); i < stretch.end; ++i)
            if (rows[i].slot >= 0) ++uses[static_cast<std::size_t>(rows[i].slot)];
    }
    for (const Pair& pair : pairs)
        ++uses[static_cast<std::size_t>(pair.slot)];
    // A row through the basis takes some 6 K^2 operations, through P 3 K^2. P takes 2 K^3, and once a block
    // another 4 K^3 for what is due to it.
    const double blocks_of_work = std::max(1.0, static_cast<double>(all) / static_cast<double>(kBlock));
    const double least = 2.0 * static_cast<double>(spec.states.size()) * blocks_of_work;
    for (std::size_t k = 0; k < slots.size(); ++k) {
        if (static_cast<double>(uses[k]) < least || slots[k].gap == 0.0) continue;
        slots[k].busy = static_cast<int>(busy.size());
        busy.push_back(static_cast<int>(k));
    }
}

/// What slots need is made by the worker that goes through their block, unless several blocks have them: what
/// another made would have to come out of the other's cache (a tenth of the time on two threads).
void Likelihood::Prepared::order_slots() {
    constexpr std::size_t kNobody = static_cast<std::size_t>(-1);
    const std::size_t several = blocks.size();  // as an owner
    std::vector<std::size_t> owner(slots.size(), kNobody);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        const auto take = [&](int slot) {
            if (slot < 0) return;
            std::size_t& of = owner[static_cast<std::size_t>(slot)];
            of = of == kNobody || of == b ? b : several;
        };
        for (std::size_t i = blocks[b].stretch_begin; i < blocks[b].stretch_end; ++i)
            for (std::size_t r = stretches[i].begin + (stretches[i].from >= 0 ? 1 : 0); r < stretches[i].end;
                 ++r)
                take(rows[r].slot);
        for (std::size_t i = blocks[b].pair_begin; i < blocks[b].pair_end; ++i)
            take(pairs[i].slot);
    }
    for (std::size_t k = 0; k < slots.size(); ++k)
        if (owner[k] == kNobody || slots[k].busy >= 0) owner[k] = several;
    std::vector<std::size_t> order(slots.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto rank = [&](std::size_t k) { return owner[k] == several ? 0 : owner[k] + 1; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
    std::vector<Slot> sorted;
    std::vector<int> place(slots.size());
    for (const std::size_t k : order) {
        place[k] = static_cast<int>(sorted.size());
        sorted.push_back(slots[k]);
        if (owner[k] == several) {
            ++common;
            continue;
        }
        Block& block = blocks[owner[k]];
        if (block.slot_end == 0) block.slot_begin = sorted.size() - 1;
        block.slot_end = sorted.size();
    }
    slots = std::move(sorted);
    const auto move = [&](int& slot) {
        if (slot >= 0) slot = place[static_cast<std::size_t>(slot)];
    };
    for (PreparedRow& row : rows)
        move(row.slot);
    for (Pair& pair : pairs)
        move(pair.slot);
    for (int& slot : busy)
        move(slot);
}

}  // namespace bellwether::markov

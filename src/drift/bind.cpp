#include "bellwether/drift/bind.hpp"

#include <algorithm>
#include <map>

#include "bellwether/core/error.hpp"
#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"

#include "circumstances.hpp"

namespace bellwether::drift {
namespace {

bool on(const series::Timeline& t, std::string_view regimen, Date d) {
    return std::any_of(t.therapies.begin(), t.therapies.end(), [&](const TherapyInterval& i) {
        return (regimen == "therapy" || plain_word(i.regimen) == plain_word(regimen)) && i.start <= d &&
               (!i.stop || *i.stop > d);
    });
}

double covariate_value(const series::Timeline& t, const markov::Covariate& c, Date d) {
    const std::string& name = c.name;
    const Patient& p = t.patient;
    if (name.starts_with("on_")) return on(t, name.substr(3), d) ? 1.0 : 0.0;
    if (name.starts_with("arm_"))
        return p.arm.empty() ? c.centre : plain_word(p.arm) == plain_word(name.substr(4)) ? 1.0 : 0.0;
    if (name == "sex_female" || name == "sex_male") {
        if (p.sex == Sex::unknown) return c.centre;
        return (p.sex == Sex::female) == (name == "sex_female") ? 1.0 : 0.0;
    }
    if (name == "age")
        return p.birth_year && p.day_zero ? static_cast<double>(p.day_zero->year() - *p.birth_year)
                                          : c.centre;
    const auto found = p.attributes.find(name);
    if (found == p.attributes.end()) return c.centre;
    return parse_double(found->second).value_or(c.centre);
}

markov::Reading to_markov(const Reading& r) {
    switch (r.censor) {
        case Censor::left:
            return markov::Reading::below(r.value);
        case Censor::right:
            return markov::Reading::above(r.value);
        case Censor::none:
            break;
    }
    return markov::Reading::of(r.value);
}

std::optional<std::size_t> exact_state(const markov::Spec& spec) {
    for (std::size_t s = 0; s < spec.states.size(); ++s)
        if (spec.states[s].absorbing && spec.states[s].exact_entry) return s;
    return std::nullopt;
}

std::optional<Date> first_event(const series::Timeline& t, EventKind kind, Date until) {
    std::optional<Date> found;
    for (const auto& e : t.events)
        if (e.kind == kind && e.date <= until && (!found || e.date < *found)) found = e.date;
    return found;
}

std::optional<Date> last_event(const series::Timeline& t, EventKind kind, Date until) {
    std::optional<Date> found;
    for (const auto& e : t.events)
        if (e.kind == kind && e.date <= until && (!found || e.date > *found)) found = e.date;
    return found;
}

/// The rows by date, filled as channels, therapies and events are gone through.
class Rows {
public:
    explicit Rows(const markov::Spec& spec) : spec_(spec), circumstances_(spec) {}
    BoundRow& at(Date d) {
        auto& row = rows_[d];
        row.date = d;
        row.readings.resize(spec_.channels.size());
        return row;
    }
    void took(std::size_t channel, const series::Track& track, const series::Point& point) {
        circumstances_.took(point.date, channel, track, point);
    }
    std::vector<BoundRow> take(const series::Timeline& timeline, std::optional<Date> death) {
        std::vector<BoundRow> out;
        for (auto& [date, row] : rows_) {
            if (death && date > *death) break;
            if (out.empty() && row.kind == markov::Kind::exact_entry) {
                // No interval ends here: a first row cannot be an entry, and nothing can be learnt from it
                // but its readings.
                row.kind = markov::Kind::snapshot;
                row.state = 0;
                if (!row.has_reading) break;
            }
            for (std::size_t c = 0; c < spec_.covariates.size(); ++c) {
                const auto how = circumstances_.value(c, date);
                row.covariates.push_back(how ? *how : covariate_value(timeline, spec_.covariates[c], date));
            }
            out.push_back(std::move(row));
        }
        return out;
    }

private:
    const markov::Spec& spec_;
    std::map<Date, BoundRow> rows_;
    Circumstances circumstances_;
};

void add_channel(const series::Timeline& timeline, const series::Track& track, const markov::Channel& channel,
                 std::size_t index, Date until, Rows& rows) {
    const auto zero = timeline.patient.day_zero;
    std::optional<int> segment;
    for (std::size_t i = 0; i < track.points.size(); ++i) {
        const auto& p = track.points[i];
        if (p.date > until) break;
        const bool last_of_day = i + 1 == track.points.size() || track.points[i + 1].date != p.date ||
                                 track.points[i + 1].date > until;
        if (!last_of_day) continue;
        const bool restarted = segment && *segment != p.segment;
        // A baseline read off an assay means nothing on another; one that is followed begins anew.
        if (restarted && channel.says == markov::Says::own_baseline && !channel.latent) continue;
        BoundRow& row = rows.at(p.date);
        row.readings[index] = to_markov(p.reading);
        row.readings[index].baseline = channel.says == markov::Says::own_baseline && zero && p.date <= *zero;
        row.has_reading = true;
        rows.took(index, track, p);
        if (restarted) row.restarted |= std::uint64_t{1} << index;
        segment = p.segment;
    }
}

}  // namespace

markov::Row BoundRow::row() const {
    markov::Row r;
    r.time = Days(static_cast<double>(date.serial()));
    r.kind = kind;
    r.state = state;
    r.among = among;
    r.readings = readings;
    r.covariates = covariates;
    return r;
}

std::uint64_t BoundRow::digest() const {
    std::uint64_t h = mix(0, static_cast<std::uint64_t>(static_cast<std::uint32_t>(date.serial())));
    h = mix(h, static_cast<std::uint64_t>(kind));
    h = mix(h, state);
    h = mix(h, among);
    h = mix(h, restarted);
    for (const auto& r : readings) {
        h = mix(h, r.value);
        if (r.censor == markov::Censor::interval) h = mix(h, r.upper);
        h = mix(h, static_cast<std::uint64_t>(r.present) + 2U * static_cast<std::uint64_t>(r.baseline) +
                       4U * static_cast<std::uint64_t>(r.censor));
    }
    for (const double c : covariates)
        h = mix(h, c);
    return h;
}

std::vector<BoundRow> bind(const series::Timeline& timeline, const markov::Spec& spec, Date until,
                           bool last_known_alive) {
    Rows rows(spec);
    for (std::size_t c = 0; c < spec.channels.size(); ++c)
        if (const auto* track = timeline.track(spec.channels[c].name))
            add_channel(timeline, *track, spec.channels[c], c, until, rows);
    const bool varying = std::any_of(spec.covariates.begin(), spec.covariates.end(),
                                     [](const markov::Covariate& c) { return c.varying; });
    if (varying)
        for (const auto& t : timeline.therapies) {
            if (t.start <= until) (void)rows.at(t.start);
            if (t.stop && *t.stop <= until) (void)rows.at(*t.stop);
        }
    const auto dead = exact_state(spec);
    const auto death = dead ? first_event(timeline, EventKind::death, until) : std::nullopt;
    if (death) {
        auto& row = rows.at(*death);
        row.kind = markov::Kind::exact_entry;
        row.state = *dead;
    } else if (const auto alive = last_event(timeline, EventKind::last_known_alive, until);
               alive && last_known_alive) {
        auto& row = rows.at(*alive);
        row.kind = markov::Kind::one_of;
        row.among = spec.live_states();
    }
    return rows.take(timeline, death);
}

void add_to_panel(const series::Timeline& timeline, const markov::Spec& spec, Date until,
                  markov::Panel& panel) {
    auto rows = bind(timeline, spec, until, true);
    if (std::none_of(rows.begin(), rows.end(), [](const BoundRow& r) { return r.has_reading; })) return;
    std::uint64_t stopped = 0;
    panel.begin_subject(timeline.patient.id);
    for (auto& row : rows) {
        stopped |= row.restarted;
        for (std::size_t c = 0; c < row.readings.size(); ++c)
            if (const markov::Channel& channel = spec.channels[c];
                (stopped >> c & 1U) != 0 && (channel.says == markov::Says::rate || channel.latent))
                row.readings[c] = {};
        panel.add(row.row());
    }
}

void check_channels(const markov::Spec& spec, const ChannelCatalogue& catalogue) {
    if (spec.time_unit != "day")
        throw Error("D004", "model '" + spec.name + "' counts time in '" + spec.time_unit +
                                "', a store counts days: fit it to a table, or write its rates per day");
    for (const auto& c : spec.covariates)
        if (c.from != markov::Covariate::From::column)
            throw Error("D004", "covariate '" + c.name + "' of model '" + spec.name +
                                    "' is made from a table's columns: a store names its indicators itself, "
                                    "such as sex_female or arm_b");
    for (const auto& c : spec.channels) {
        const auto found = catalogue.find(c.name);
        if (found == catalogue.end())
            throw Error("D001", "model '" + spec.name + "' reads channel '" + c.name +
                                    "', which the store does not know; " +
                                    suggestion(c.name, names(catalogue)));
        const bool log_model = c.family == markov::Family::lognormal;
        const bool log_channel = found->second.scale == Scale::log;
        if (c.family != markov::Family::categorical && log_model != log_channel)
            throw Error("D002", "model '" + spec.name + "' reads channel '" + c.name + "' on a " +
                                    (log_model ? "log" : "linear") + " scale, the store's catalogue says " +
                                    (log_channel ? "log" : "linear"));
    }
}

}  // namespace bellwether::drift

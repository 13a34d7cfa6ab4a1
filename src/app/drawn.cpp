#include "drawn.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <random>

#include <tbb/enumerable_thread_specific.h>

#include "bellwether/app/evaluate.hpp"
#include "bellwether/core/hash.hpp"

#include "stream.hpp"

namespace bellwether::app {
namespace {

constexpr double kDaysPerYear = 365.25;

/// Where each name stands in [rule][threshold].
using Places = std::map<std::string, std::pair<std::size_t, std::size_t>>;

struct Span {
    Date start, end, first;
};

std::optional<Span> span_of(const series::Timeline& t, const markov::Spec& spec) {
    const auto days = drift::modelled_days(t, spec);
    if (days.size() < 2) return std::nullopt;
    Span s{t.patient.day_zero.value_or(days.front()), days.back(), days.front()};
    if (s.end <= s.start) return std::nullopt;
    return s;
}

DrawnPatient judged(const series::Timeline& timeline, const Span& span, Evaluator& evaluator,
                    const Places& places, const std::vector<std::vector<std::string>>& rules) {
    DrawnPatient out;
    out.quiet.id = timeline.patient.id;
    out.quiet.years = (span.end - span.start) / kDaysPerYear;
    for (const auto& r : rules)
        out.quiet.first.emplace_back(r.size(), std::numeric_limits<float>::infinity());
    Tracks tracks;
    const auto verdict = evaluator.evaluate(timeline, Instant::end_of(span.end), tracks);
    for (const auto& e : verdict.episodes)
        if (const auto at = places.find(e.rule); at != places.end()) {
            auto& first = out.quiet.first[at->second.first][at->second.second];
            const int day = std::max(0, e.fired - span.start);
            first = std::min(first, static_cast<float>(day / kDaysPerYear));
        }
    out.assessable.assign(rules.size(), 1);
    for (const auto& n : verdict.not_assessable)
        if (const auto at = places.find(n.rule); at != places.end() && at->second.second == 0)
            out.assessable[at->second.first] = 0;
    return out;
}

}  // namespace

DrawnTrial::DrawnTrial(store::Store& store, Instant as_of, std::shared_ptr<const drift::Scorer> model,
                       std::size_t patients, std::uint64_t seed, int threads)
    : store_(store),
      as_of_(as_of),
      model_(std::move(model)),
      catalogue_(catalogue_at(store, as_of)),
      seed_(seed),
      threads_(threads) {
    const auto& spec = model_->model().spec;
    std::map<std::string, std::vector<double>> limits;
    store.for_each_history(store.patients(as_of), as_of, [&](PatientHistory&& history) {
        const auto t = timeline_at(history, as_of, catalogue_);
        if (span_of(t, spec)) ++patients_;
        for (const auto& c : spec.channels)
            if (const auto* track = t.track(c.name))
                for (const auto& p : track->points)
                    if (p.reading.censor == Censor::left) limits[c.name].push_back(p.reading.value);
    });
    if (patients_ == 0)
        throw Error("P036", "no patient has two days with readings of model '" + spec.name +
                                "' as known at " + to_string(as_of) + ": there are no visits to draw on");
    for (auto& [channel, list] : limits) {
        const auto middle = list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2);
        std::nth_element(list.begin(), middle, list.end());
        limits_[channel] = *middle;
    }
    const auto n = static_cast<std::size_t>(patients_);
    copies_ = std::max<std::size_t>(1, (patients + n - 1) / n);
}

std::vector<DrawnPatient> DrawnTrial::run(const std::shared_ptr<const Knowledge>& knowledge,
                                          const std::vector<std::vector<std::string>>& rules,
                                          const DrawnPath& path, std::uint64_t draw) {
    Places places;
    for (std::size_t r = 0; r < rules.size(); ++r)
        for (std::size_t t = 0; t < rules[r].size(); ++t)
            places[rules[r][t]] = {r, t};
    const auto& model = model_->model();
    tbb::enumerable_thread_specific<Evaluator> evaluators([&] { return Evaluator(knowledge, false); });
    std::vector<DrawnPatient> all;
    const auto one = [&](const PatientHistory& history, std::vector<DrawnPatient>& out) {
        const auto t = timeline_at(history, as_of_, catalogue_);
        const auto span = span_of(t, model.spec);
        if (!span) return;
        const Date onset = span->first + path.day;
        drift::DrawRequest request;
        request.lower_limit = limits_;
        request.kept.push_back({std::numeric_limits<double>::lowest(), path.among});
        if (path.onset != 0) request.kept.push_back({static_cast<double>(onset.serial()), path.onset});
        for (std::size_t k = 0; k < copies_; ++k) {
            Sha256 seed;
            seed.field(static_cast<std::int64_t>(seed_))
                .field(t.patient.id)
                .field(static_cast<std::int64_t>(k));
            seed.field(path.name).field(static_cast<std::int64_t>(draw));
            std::mt19937_64 random(seed.prefix());
            const auto drawn = drift::draw_like(t, model.spec, model.full().values, request, random);
            if (!drawn) continue;
            auto p = judged(*drawn, *span, evaluators.local(), places, rules);
            p.onset = onset - span->start;
            p.before_and_after = path.day > 0 && span->end >= onset;
            out.push_back(std::move(p));
        }
    };
    struct Work {
        PatientHistory history;
        std::vector<DrawnPatient> drawn;
    };
    stream_patients(
        store_, store_.patients(as_of_), as_of_, threads_,
        [](PatientHistory&& history) {
            return Work{std::move(history), {}};
        },
        [&](Work& w) { one(w.history, w.drawn); },
        [&](Work&& w) { std::move(w.drawn.begin(), w.drawn.end(), std::back_inserter(all)); },
        [&](std::int64_t done) {
            if (progress) progress(done, std::max(done, patients_));
        });
    return all;
}

}  // namespace bellwether::app

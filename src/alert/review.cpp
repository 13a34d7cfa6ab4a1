#include "bellwether/alert/review.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "bellwether/alert/human.hpp"
#include "bellwether/alert/reconcile.hpp"
#include "bellwether/core/error.hpp"

namespace bellwether::alert {
namespace {

/// What happened to one alert since the previous review.
struct Since {
    const Alert* before = nullptr;  ///< nothing: it did not exist
    bool reopened = false;
};

bool is_open(const Alert& a) {
    return a.state == MachineState::open;
}
bool is_resolved(const Alert& a) {
    return a.state == MachineState::resolved;
}
bool is_final(const Alert& a) {
    return !is_open(a) && !is_resolved(a);
}

std::string final_text(const Alert& a) {
    if (a.state == MachineState::merged && a.parent) return fmt::format("merged into alert {}", *a.parent);
    if (a.state == MachineState::superseded) return "superseded by other rules or another model";
    return "a correction took its ground away";
}

std::optional<ReviewItem> item(const Alert& now, ReviewClass what, const Since& since, std::string why) {
    return ReviewItem{now, what, since.before == nullptr, false, std::move(why)};
}

std::optional<ReviewItem> classify(const Alert& now, const Since& since) {
    const Alert* before = since.before;
    if (before && is_final(*before)) return std::nullopt;
    if (is_final(now)) return item(now, ReviewClass::withdrawn, since, final_text(now));
    if (is_resolved(now)) {
        if (before && is_resolved(*before) && !since.reopened) return std::nullopt;
        return item(now, ReviewClass::resolved, since,
                    now.episode.ended ? fmt::format("ended {}", to_string(*now.episode.ended)) : "");
    }
    if (!before)
        return item(now, ReviewClass::new_, since,
                    now.parent ? fmt::format("split from alert {}", *now.parent) : std::string());
    if (now.episode.severity > before->episode.severity)
        return item(now, ReviewClass::worse, since,
                    fmt::format("severity {} -> {}", to_string(before->episode.severity),
                                to_string(now.episode.severity)));
    if (is_resolved(*before) || since.reopened) return item(now, ReviewClass::worse, since, "reopened");
    return item(now, ReviewClass::still_open, since, "");
}

bool reads_before(const ReviewItem& a, const ReviewItem& b) {
    const auto key = [](const ReviewItem& i) {
        const Alert& x = i.alert;
        return std::tuple(i.what, -static_cast<int>(x.episode.severity), std::string_view(x.patient),
                          std::string_view(x.episode.rule), x.episode.onset, x.id);
    };
    return key(a) < key(b);
}

}  // namespace

std::string_view to_string(ReviewClass c) {
    switch (c) {
        case ReviewClass::new_:
            return "new";
        case ReviewClass::worse:
            return "worse";
        case ReviewClass::still_open:
            return "still open";
        case ReviewClass::resolved:
            return "resolved";
        case ReviewClass::withdrawn:
            return "withdrawn";
    }
    return "";
}

std::vector<Alert> ledger_at(std::span<const AlertEvent> events, Instant as_of) {
    std::vector<AlertEvent> known;
    std::copy_if(events.begin(), events.end(), std::back_inserter(known),
                 [&](const AlertEvent& e) { return e.at <= as_of; });
    std::vector<Alert> ledger;
    alert::apply(ledger, known);  // not std::apply
    return ledger;
}

std::vector<ReviewItem> review(std::span<const AlertEvent> events, std::optional<Instant> previous,
                               Instant as_of) {
    if (previous && *previous > as_of)
        throw Error("A005", fmt::format("the previous review {} is later than {}", to_string(*previous),
                                        to_string(as_of)));
    const std::vector<Alert> before = previous ? ledger_at(events, *previous) : std::vector<Alert>{};
    const std::vector<Alert> now = ledger_at(events, as_of);

    std::map<std::int64_t, Since> since;
    std::map<std::int64_t, std::vector<AlertEvent>> history;
    for (const Alert& a : before)
        since[a.id].before = &a;
    for (const AlertEvent& e : events) {
        if (e.at > as_of) continue;
        history[e.after.id].push_back(e);
        if (e.change == AlertChange::reopened && (!previous || e.at > *previous))
            since[e.after.id].reopened = true;
    }
    std::vector<ReviewItem> items;
    for (const Alert& a : now) {
        auto one = classify(a, since[a.id]);
        if (!one) continue;
        one->attention = needs_attention(a, history[a.id], as_of).needed;
        items.push_back(std::move(*one));
    }
    std::sort(items.begin(), items.end(), reads_before);
    return items;
}

}  // namespace bellwether::alert

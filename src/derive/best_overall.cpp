#include <algorithm>

#include "bellwether/derive/recist.hpp"

namespace bellwether::derive::recist {
namespace {

/// Whether the response at visit i is repeated late enough, with nothing in between that the protocol does
/// not accept.
bool confirmed(std::span<const Dated> visits, std::size_t i, const BestOptions& o) {
    int not_evaluable = 0, stable = 0;
    for (std::size_t k = i + 1; k < visits.size(); ++k) {
        const Response r = visits[k].overall;
        const bool repeats =
            r == visits[i].overall || (visits[i].overall == Response::pr && r == Response::cr);
        if (repeats && visits[k].day - visits[i].day >= o.confirm_days) return true;
        if (repeats) continue;
        if (r == Response::ne)
            ++not_evaluable;
        else if (r == Response::sd && visits[i].overall == Response::pr && o.accept_sd_between)
            ++stable;
        else
            return false;
        if (not_evaluable > o.max_ne_between || stable > 1) return false;
    }
    return false;
}

int rank(Response r) {
    switch (r) {
        case Response::cr:
            return 0;
        case Response::pr:
            return 1;
        case Response::sd:
            return 2;
        case Response::non_cr_non_pd:
            return 3;
        case Response::pd:
            return 4;
        default:
            return 5;
    }
}

/// What the response of visit i counts for, once it is known what came after.
Response counts_as(std::span<const Dated> visits, std::size_t i, const BestOptions& o) {
    const Dated& v = visits[i];
    const bool response = v.overall == Response::cr || v.overall == Response::pr;
    if (response && (!o.confirm || confirmed(visits, i, o))) return v.overall;
    if (!response && v.overall != Response::sd && v.overall != Response::non_cr_non_pd) return v.overall;
    if (v.day >= o.min_sd_days) return response ? Response::sd : v.overall;
    // Too early for SD. Disease that follows a CR is progression (Table 3, "otherwise PD").
    if (v.overall == Response::cr && i + 1 < visits.size()) {
        const Response next = visits[i + 1].overall;
        if (next == Response::sd || next == Response::pr) return Response::pd;
    }
    return Response::ne;
}

}  // namespace

Response best_overall(std::span<const Dated> visits, const BestOptions& options) {
    const auto pd =
        std::find_if(visits.begin(), visits.end(), [](const Dated& v) { return v.overall == Response::pd; });
    if (pd != visits.end()) visits = visits.first(static_cast<std::size_t>(pd - visits.begin()) + 1);
    Response best = Response::ne;
    for (std::size_t i = 0; i < visits.size(); ++i) {
        const Response r = counts_as(visits, i, options);
        if (rank(r) < rank(best)) best = r;
    }
    return best;
}

}  // namespace bellwether::derive::recist

#pragma once

#include <nlohmann/json.hpp>

#include "bellwether/report/review.hpp"

namespace bellwether::report {

using Ordered = nlohmann::ordered_json;

[[nodiscard]] Ordered json_alert(const AlertLine& line, Instant as_of);
[[nodiscard]] Ordered json_options(const std::vector<therapy::Option>& options);
[[nodiscard]] Ordered json_unjudged(const std::vector<Unjudged>& list);
[[nodiscard]] Ordered json_in_force(const std::vector<InForce>& list);
[[nodiscard]] Ordered json_timeline(const series::Timeline& timeline, const ChannelCatalogue& catalogue);
[[nodiscard]] std::string dump(const Ordered& j);

/// null when there is none.
template <class T>
[[nodiscard]] Ordered json_maybe(const std::optional<T>& x) {
    return x ? Ordered(to_string(*x)) : Ordered(nullptr);
}

}  // namespace bellwether::report

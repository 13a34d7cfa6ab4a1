#include <fmt/format.h>

#include "bellwether/app/counterfactual.hpp"

namespace bellwether::app {
namespace {

std::string value_in(double x, const std::string& unit) {
    return fmt::format("{:.6g}{}{}", x, unit.empty() || unit == "1" ? "" : " ", unit == "1" ? "" : unit);
}

std::string would_differ(const NearestChange& c) {
    const auto again = [&](std::optional<double> until) {
        return until ? fmt::format(" (but fires again at {})", value_in(*until, c.unit)) : std::string();
    };
    std::string text = c.channel + " were";
    if (c.at_most) text += " at most " + value_in(*c.at_most, c.unit) + again(c.at_most_until);
    if (c.at_least)
        text += std::string(c.at_most ? " or" : "") + " at least " + value_in(*c.at_least, c.unit) +
                again(c.at_least_until);
    text += fmt::format(" on {} (it was {}{})", to_string(c.date), as_read(c.was),
                        c.nadir ? ", the lowest before" : "");
    if (c.was.censor != Censor::none)
        text += c.open_within_the_bound() ? "; the true value may be so"
                                          : "; it fires whatever lies beyond the limit";
    return text;
}

}  // namespace

std::string as_read(const Reading& r) {
    return (r.censor == Censor::left    ? "<"
            : r.censor == Censor::right ? ">"
                                        : "") +
           fmt::format("{:.6g}", r.value);
}

std::vector<std::string> in_words(const Counterfactual& c) {
    if (!c.fires) return {"by what is known now it would not fire on that day"};
    std::vector<std::string> out;
    std::string idle, unread;
    for (const auto& x : c.changes)
        if (x.at_most || x.at_least)
            out.push_back(would_differ(x));
        else
            idle += fmt::format("{}{} on {} ({})", idle.empty() ? "" : ", ", x.channel, to_string(x.date),
                                as_read(x.was));
    for (const auto& n : c.not_read)
        unread += fmt::format("{}{} ({})", unread.empty() ? "" : ", ", n.channel,
                              n.last ? "last on " + to_string(*n.last) : "never before");
    if (!idle.empty()) out.push_back("no value alone would do of: " + idle);
    if (!unread.empty()) out.push_back("not read on that day: " + unread);
    return out;
}

}  // namespace bellwether::app

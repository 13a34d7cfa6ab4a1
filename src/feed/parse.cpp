#include "parse.hpp"

#include <algorithm>
#include <array>

#include "bellwether/core/text.hpp"

namespace bellwether::feed {
namespace {

/// Exactly `n` digits; -1 otherwise.
int digits(std::string_view text, std::size_t from, std::size_t n) {
    if (from + n > text.size()) return -1;
    int x = 0;
    for (std::size_t i = from; i < from + n; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        x = 10 * x + (text[i] - '0');
    }
    return x;
}

ClinicalTime day(int year, int month, int d) {
    if (year < 0 || month < 0 || d < 0) return {};
    return {Date::from_ymd(year, month, d), std::nullopt, Bad::no_such_day};
}

int month_number(std::string_view name) {
    constexpr std::array<std::string_view, 12> names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
    const std::string wanted = lower(name);
    const auto it = std::find(names.begin(), names.end(), wanted);
    return it == names.end() ? -1 : static_cast<int>(it - names.begin()) + 1;
}

ClinicalTime iso_day(std::string_view t) {
    if (t.size() != 10 || t[4] != '-' || t[7] != '-') return {};
    return day(digits(t, 0, 4), digits(t, 5, 2), digits(t, 8, 2));
}

/// Date, 'T', hours and minutes, perhaps seconds; what follows is the zone or nothing.
ClinicalTime iso_time(std::string_view t, bool zone) {
    if (t.size() < 16 || t[10] != 'T' || t[13] != ':') return {};
    ClinicalTime out = iso_day(t.substr(0, 10));
    const int hour = digits(t, 11, 2), minute = digits(t, 14, 2);
    if (hour < 0 || minute < 0) return {};
    const bool exists = hour < 24 && minute < 60;
    if (zone) {
        // Instant::parse knows the whole form; a day or hour that does not exist is told apart by trying a
        // sane one.
        if (!Instant::parse("2000-01-01T00:00" + std::string(t.substr(16)))) return {};
    } else if (t.size() != 16 &&
               (t.size() != 19 || t[16] != ':' || digits(t, 17, 2) < 0 || digits(t, 17, 2) > 59)) {
        return {};
    }
    if (!exists) return {std::nullopt, std::nullopt, Bad::no_such_day};
    out.minute = 60 * hour + minute;
    return out;
}

}  // namespace

ClinicalTime parse_time(std::string_view t, DateFormat format) {
    switch (format) {
        case DateFormat::iso:
            return iso_day(t);
        case DateFormat::dotted:
            if (t.size() != 10 || t[2] != '.' || t[5] != '.') return {};
            return day(digits(t, 6, 4), digits(t, 3, 2), digits(t, 0, 2));
        case DateFormat::compact:
            if (t.size() != 8) return {};
            return day(digits(t, 0, 4), digits(t, 4, 2), digits(t, 6, 2));
        case DateFormat::day_mon_year:
            if (t.size() != 11 || t[2] != '-' || t[6] != '-') return {};
            return day(digits(t, 7, 4), month_number(t.substr(3, 3)), digits(t, 0, 2));
        case DateFormat::iso_datetime:
            return iso_time(t, true);
        case DateFormat::iso_local:
            return iso_time(t, false);
        case DateFormat::study_day:
            break;
    }
    return {};
}

std::optional<Instant> parse_release(std::string_view text, DateFormat format) {
    if (format == DateFormat::iso_datetime) {
        return text.size() == 10 ? std::nullopt : Instant::parse(text);  // a date alone is another format
    }
    const auto time = parse_time(text, format);
    if (!time.date) return std::nullopt;
    return Instant::end_of(*time.date);
}

std::string_view example_of(DateFormat format) {
    switch (format) {
        case DateFormat::iso:
            return "2026-11-24";
        case DateFormat::dotted:
            return "24.11.2026";
        case DateFormat::compact:
            return "20261124";
        case DateFormat::day_mon_year:
            return "24-NOV-2026";
        case DateFormat::iso_datetime:
            return "2026-11-24T10:00+01:00";
        case DateFormat::iso_local:
            return "2026-11-24T10:00";
        case DateFormat::study_day:
            break;
    }
    return "42";
}

Number parse_number(std::string_view text, std::optional<char> decimal) {
    const bool comma = text.find(',') != std::string_view::npos;
    if (comma && !decimal) {
        const bool digits_only = text.find_first_not_of("0123456789.,-") == std::string_view::npos;
        return {0.0, digits_only ? BadNumber::ambiguous : BadNumber::form};
    }
    std::optional<double> x;
    if (decimal == ',') {
        if (text.find('.') != std::string_view::npos) return {0.0, BadNumber::form};
        std::string dotted(text);
        std::replace(dotted.begin(), dotted.end(), ',', '.');
        x = parse_double(dotted);
    } else {
        x = parse_double(text);
    }
    if (!x) return {0.0, BadNumber::form};
    return {*x, BadNumber::none};
}

Censor take_comparator(std::string_view& text) {
    struct Mark {
        std::string_view text;
        Censor censor;
    };
    constexpr Mark marks[] = {{"<=", Censor::left}, {">=", Censor::right},    {"<", Censor::left},
                              {">", Censor::right}, {"\u2264", Censor::left}, {"\u2265", Censor::right}};
    for (const auto& m : marks) {
        if (text.substr(0, m.text.size()) != m.text) continue;
        text = trim(text.substr(m.text.size()));
        return m.censor;
    }
    return Censor::none;
}

}  // namespace bellwether::feed

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/core/yaml.hpp"

namespace bellwether::yaml {
namespace {

std::string shown(const Node& n) {
    switch (n.kind()) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::sequence:
            return "a list";
        case Node::Kind::map:
            return "a map";
        case Node::Kind::scalar:
            break;
    }
    return fmt::format("{}'{}'", n.quoted() ? "the text " : "", n.scalar());
}

/// A node without a place was complained of already (a missing key, an alias, a broken file).
void wrong_type(const Node& n, Findings& f, const char* expected, const char* hint) {
    if (n.at().line == 0) return;
    f.error("Y012", n.at(), fmt::format("{} is not {}", shown(n), expected), hint);
}

bool within(const Node& n, double x, Range r, Findings& f, const char* unit) {
    if (x >= r.low && x <= r.high) return true;
    std::string hint;
    if (std::isinf(r.high)) {
        hint = fmt::format("write a number from {}{}", shortest(r.low), unit);
    } else if (std::isinf(r.low)) {
        hint = fmt::format("write a number up to {}{}", shortest(r.high), unit);
    } else if (r.low == r.high) {
        hint = fmt::format("write {}{}", shortest(r.low), unit);
    } else {
        hint = fmt::format("write a number from {0}{2} to {1}{2}", shortest(r.low), shortest(r.high), unit);
    }
    f.error("Y013", n.at(), fmt::format("'{}' is out of range", n.scalar()), hint);
    return false;
}

bool plain(const Node& n) {
    return n.is_scalar() && !n.quoted();
}

}  // namespace

std::optional<std::string> as_text(const Node& n, Findings& f) {
    if (n.is_scalar()) return n.scalar();
    wrong_type(n, f, "a text", "write a word, or a text in quotes");
    return std::nullopt;
}

std::optional<double> as_number(const Node& n, Findings& f, Range r) {
    const auto x = plain(n) ? parse_double(n.scalar()) : std::nullopt;
    if (!x) {
        wrong_type(n, f, "a number", "write a decimal number such as 0.5, without quotes or a unit");
        return std::nullopt;
    }
    if (!within(n, *x, r, f, "")) return std::nullopt;
    return x;
}

std::optional<long long> as_integer(const Node& n, Findings& f, Range r) {
    const auto x = plain(n) ? parse_integer(n.scalar()) : std::nullopt;
    if (!x) {
        wrong_type(n, f, "a whole number", "write a whole number such as 3, without quotes or a unit");
        return std::nullopt;
    }
    if (!within(n, static_cast<double>(*x), r, f, "")) return std::nullopt;
    return x;
}

std::optional<bool> as_truth(const Node& n, Findings& f) {
    if (plain(n) && n.scalar() == "true") return true;
    if (plain(n) && n.scalar() == "false") return false;
    wrong_type(n, f, "true or false", "write true or false");
    return std::nullopt;
}

std::optional<Date> as_date(const Node& n, Findings& f) {
    const auto date = n.is_scalar() ? Date::parse(n.scalar()) : std::nullopt;
    if (!date) wrong_type(n, f, "a date", "write a day that exists as YYYY-MM-DD");
    return date;
}

std::optional<int> as_duration(const Node& n, Findings& f, Range r) {
    const std::string& text = n.scalar();
    const char unit = text.empty() ? '\0' : text.back();
    const auto x = plain(n) && (unit == 'd' || unit == 'w') && text[0] >= '0' && text[0] <= '9'
                       ? parse_integer(std::string_view(text).substr(0, text.size() - 1))
                       : std::nullopt;
    if (!x) {
        wrong_type(n, f, "a duration", "write whole days or weeks: 21d, 3w");
        return std::nullopt;
    }
    const double days = static_cast<double>(*x) * (unit == 'w' ? 7 : 1);
    if (!within(n, days, r, f, "d")) return std::nullopt;
    return static_cast<int>(days);
}

std::optional<std::size_t> as_word(const Node& n, Findings& f, const std::vector<std::string>& allowed) {
    if (!n.is_scalar()) {
        wrong_type(n, f, "a word", suggestion("", allowed).c_str());
        return std::nullopt;
    }
    const auto found = std::find(allowed.begin(), allowed.end(), n.scalar());
    if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
    f.error("Y013", n.at(), fmt::format("unknown word '{}'", n.scalar()), suggestion(n.scalar(), allowed));
    return std::nullopt;
}

std::vector<std::string> as_texts(const Node& n, Findings& f) {
    std::vector<std::string> out;
    if (n.is_scalar()) {
        out.push_back(n.scalar());
    } else if (n.is_sequence()) {
        for (std::size_t i = 0; i < n.size(); ++i) {
            if (auto text = as_text(n[i], f)) out.push_back(std::move(*text));
        }
    } else {
        wrong_type(n, f, "a list of texts", "write [a, b], or one text");
    }
    return out;
}

}  // namespace bellwether::yaml

#include "bellwether/core/units.hpp"

#include <unordered_map>

#include "bellwether/core/text.hpp"

namespace bellwether {
namespace {

/// Two units convert into each other when their families are equal. Arbitrary units have a family of their
/// own.
struct Unit {
    const char* canonical;
    const char* family;
    double size;  ///< in the family's smallest unit: whole numbers, so that one division gives the nearest
                  ///< double
    const char* spellings;  ///< besides the canonical one, with blanks between
};

// CODES of a laboratory feed; sizes from UCUM prefixes, and 1 ukat = 60 U. Left out on purpose: G/L (counts
// or proteins), mkat/L (nearly always a misread micro), international units as enzyme units: a feed profile
// that knows better declares a factor with its source.
constexpr Unit table[] = {
    {"10*9/L", "count", 1000,
     "10*3/uL 10^3/uL 10^3/ul x10^3/uL x10E3/uL x10(3)/mcL 10E3/uL 10e3/uL K/uL K/ul Thou/uL Thou/cumm "
     "tys./ul 10^9/L 10^9/l 10e9/L 10E9/L x10E9/L x10^9/L x10*9/L Gpt/l Gpt/L"},
    {"/uL", "count", 1, "/ul {cells}/uL cells/uL cells/ul /mm3 /cmm cells/mm3 10*6/L 10^6/L 10e6/L 10E6/L"},
    {"pg/mL", "mass concentration", 1, "pg/ml ng/L ng/l"},
    {"ng/dL", "mass concentration", 10, "ng/dl"},
    {"ng/mL", "mass concentration", 1e3, "ng/ml ug/L ug/l mcg/L"},
    {"ug/dL", "mass concentration", 1e4, "ug/dl mcg/dL"},
    {"mg/L", "mass concentration", 1e6, "mg/l ug/mL ug/ml mcg/mL mcg/ml"},
    {"mg/dL", "mass concentration", 1e7, "mg/dl mg%"},
    {"g/L", "mass concentration", 1e9, "g/l mg/mL mg/ml"},
    {"g/dL", "mass concentration", 1e10, "g/dl g%"},
    {"nmol/L", "amount concentration", 1, "nmol/l"},
    {"umol/L", "amount concentration", 1e3, "umol/l"},
    {"mmol/L", "amount concentration", 1e6, "mmol/l"},
    {"nkat/L", "enzyme activity", 3, "nkat/l"},
    {"U/L", "enzyme activity", 50, "U/l"},
    {"ukat/L", "enzyme activity", 3000, "ukat/l"},
    {"m[IU]/L", "international", 1, "mIU/L mIU/l u[IU]/mL uIU/mL uIU/ml mU/L mU/l"},
    {"[IU]/L", "international", 1000, "IU/L IU/l UI/l UI/L"},
    {"U/mL", "arbitrary U/mL", 1, "U/ml [arb'U]/mL k[arb'U]/L kU/L kU/l kIU/L"},
    {"[ppm]", "share", 1, "ppm"},
    {"%", "share", 1e4, "percent"},
    {"1", "share", 1e6, "fraction {fraction} {score}"},
    {"{copies}/mL", "copies/mL", 1, "copies/mL copies/ml"},
    {"{GE}/mL", "GE/mL", 1, "GE/mL GE/ml"},
    {"{MTM}/mL", "MTM/mL", 1, "MTM/mL MTM/ml"},
    {"{mutations}/Mb", "mutations/Mb", 1, "mutations/Mb mut/Mb muts/Mb"},
    {"/mm2", "cells/mm2", 1, "cells/mm2 {cells}/mm2 cells/mm^2 /mm^2"},
    {"mm", "length", 1, ""},
    {"cm", "length", 10, ""},
    {"mm3", "volume", 1, "mm^3"},
    {"mL", "volume", 1000, "ml cm3 cm^3 cc"},
    {"mL/min", "clearance", 1, "ml/min"},
    {"kg", "mass", 1, ""},
    {"d", "time", 1, "day days"},
};

/// Letters that laboratories write in several ways: both micro signs, the times sign, raised digits.
std::string plain(std::string_view s) {
    struct Pair {
        std::string_view from, to;
    };
    constexpr Pair pairs[] = {{"\u00B5", "u"},  {"\u03BC", "u"},  {"\u00D7", "x"}, {"\u00B2", "^2"},
                              {"\u00B3", "^3"}, {"\u2076", "^6"}, {"\u2079", "^9"}};
    std::string out;
    while (!s.empty()) {
        std::string_view taken = s.substr(0, 1), written = taken;
        for (const auto& p : pairs) {
            if (s.substr(0, p.from.size()) == p.from) taken = p.from, written = p.to;
        }
        out += written;
        s.remove_prefix(taken.size());
    }
    return out;
}

const Unit* find(std::string_view spelling) {
    static const auto index = [] {
        std::unordered_map<std::string, const Unit*> map;
        for (const auto& unit : table) {
            map.emplace(unit.canonical, &unit);
            for (auto& s : split(unit.spellings, ' '))
                map.emplace(std::move(s), &unit);
        }
        return map;
    }();
    const auto it = index.find(spelling.empty() ? "1" : plain(spelling));
    return it == index.end() ? nullptr : it->second;
}

}  // namespace

std::optional<double> conversion_factor(std::string_view from, std::string_view to) {
    const Unit* a = find(from);
    const Unit* b = find(to);
    if (!a || !b || std::string_view(a->family) != b->family) return std::nullopt;
    return a->size / b->size;
}

std::optional<std::string> canonical_unit(std::string_view spelling) {
    const Unit* unit = find(spelling);
    if (!unit) return std::nullopt;
    return unit->canonical;
}

std::vector<std::string> known_units() {
    std::vector<std::string> out;
    for (const auto& unit : table) {
        out.emplace_back(unit.canonical);
        for (auto& s : split(unit.spellings, ' ')) {
            if (!s.empty()) out.push_back(std::move(s));
        }
    }
    return out;
}

}  // namespace bellwether

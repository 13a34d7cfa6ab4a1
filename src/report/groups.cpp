#include <map>
#include <set>
#include <tuple>

#include "view.hpp"
#include "words.hpp"

namespace bellwether::report {

std::string place_words(const std::string& site, const std::string& arm) {
    return (site.empty() ? "no site" : "site " + clean(site)) + ", " +
           (arm.empty() ? "no arm" : "arm " + clean(arm));
}

std::vector<GroupCount> group_counts(const Review& r) {
    std::map<std::pair<std::string, std::string>, GroupCount> groups;
    const auto at = [&](const std::string& site, const std::string& arm) -> GroupCount& {
        auto& g = groups[{site, arm}];
        g.site = site, g.arm = arm;
        return g;
    };
    for (const auto& g : r.groups)
        at(g.site, g.arm).patients = g.patients;
    for (const auto& a : r.alerts)
        ++at(a.site, a.arm).alerts[static_cast<std::size_t>(a.standing)];
    for (const auto& o : r.overdue)
        ++at(o.site, o.arm).overdue;
    std::set<std::string> seen;
    for (const auto& u : r.not_assessable)
        if (seen.insert(u.patient).second) ++at(u.site, u.arm).unjudged;
    std::vector<GroupCount> out;
    for (auto& [key, group] : groups)
        out.push_back(group);
    return out;
}

std::vector<UnjudgedGroup> unjudged_groups(const std::vector<Unjudged>& list) {
    using Lack = std::tuple<std::string, std::string, std::string,
                            std::string>;  // site, arm, patient, what is missing
    std::map<Lack, std::string> rules;
    for (const auto& u : list) {
        std::vector<std::string> missing;
        for (const auto& m : u.missing)
            missing.push_back(clean(m));
        auto& r =
            rules[{u.site, u.arm, u.patient, missing.empty() ? "reason not recorded" : join(missing, "; ")}];
        r += (r.empty() ? "" : ", ") + clean(u.rule);
    }
    std::map<Lack, std::vector<std::string>> groups;  // site, arm, what is missing, rules
    for (const auto& [lack, names] : rules) {
        const auto& [site, arm, patient, missing] = lack;
        groups[{site, arm, missing, names}].push_back(clean(patient));
    }
    std::vector<UnjudgedGroup> out;
    for (auto& [key, patients] : groups) {
        const auto& [site, arm, missing, names] = key;
        out.push_back({site, arm, missing, names, std::move(patients)});
    }
    return out;
}

}  // namespace bellwether::report

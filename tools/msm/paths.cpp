#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/path.hpp"

#include "figures.hpp"

namespace bellwether::msm {
namespace {

using Eigen::Index;
using nlohmann::json;

std::string word_of(const json& j) {
    return j.is_string() ? j.get<std::string>() : shortest(j.get<double>());
}

/// One subject's lines in msm's table: [begin, end).
struct Lines {
    std::string id;
    std::size_t begin, end;
};

std::vector<Lines> by_subject(const json& subjects) {
    std::vector<Lines> out;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        const std::string id = word_of(subjects[i]);
        if (out.empty() || out.back().id != id) out.push_back({id, i, i});
        out.back().end = i + 1;
    }
    return out;
}

/// Log probability of a path at the rows together with the observations: the likelihood of the same rows
/// when only the path's states are possible.
double log_joint(const Translated& t, const markov::Values& values, std::size_t subject,
                 const std::vector<std::size_t>& path) {
    markov::Panel one(t.spec);
    one.begin_subject(t.path_panel.id(subject), 1.0, t.path_panel.start(subject));
    for (std::size_t k = 0; k < path.size(); ++k) {
        markov::Row row = t.path_panel.row(t.path_panel.first_row(subject) + k);
        if (row.among != 0 && !markov::contains(row.among, path[k]))
            return -std::numeric_limits<double>::infinity();
        row.among = markov::only(path[k]);
        one.add(row);
    }
    return markov::Likelihood(t.spec, one).by_subject(values).at(0);
}

/// What one table comes to.
struct Paths {
    std::size_t states = 0, wrong = 0, tied = 0;
    std::string first_wrong;
    std::vector<double> ours, theirs;  ///< state probabilities
};

void add_path(const Translated& t, const markov::Values& values, markov::TransitionCache& cache,
              std::size_t subject, const Lines& lines, const json& fitted, Paths& out) {
    const markov::MostProbablePath path = markov::most_probable_path(cache, t.path_panel, subject);
    std::vector<std::size_t> theirs;
    std::size_t differ = 0;
    for (std::size_t i = lines.begin; i < lines.end; ++i) {
        const auto at = std::find(t.state_names.begin(), t.state_names.end(), word_of(fitted[i]));
        theirs.push_back(static_cast<std::size_t>(at - t.state_names.begin()));
        differ += theirs.back() != path.state.at(theirs.size() - 1) ? 1 : 0;
    }
    out.states += theirs.size();
    if (differ == 0) return;
    const bool named =
        std::all_of(theirs.begin(), theirs.end(), [&](std::size_t s) { return s < t.state_names.size(); });
    const double other =
        named ? log_joint(t, values, subject, theirs) : -std::numeric_limits<double>::infinity();
    if (std::abs(other - path.log_joint) <= 1e-9 * std::max(1.0, std::abs(other))) {
        out.tied += differ;
        return;
    }
    out.wrong += differ;
    if (out.first_wrong.empty())
        out.first_wrong = fmt::format("; subject {}: theirs has log probability {}, ours {}", lines.id,
                                      shortest(other), shortest(path.log_joint));
}

void add_probabilities(const Translated& t, markov::TransitionCache& cache, std::size_t subject,
                       const Lines& lines, const json& pstate, Paths& out) {
    const Eigen::MatrixXd smooth = markov::smooth(cache, t.path_panel, subject);
    for (std::size_t i = lines.begin; i < lines.end; ++i) {
        const std::vector<double> given = numbers(pstate[i]);
        for (std::size_t s = 0; s < t.spec.states.size(); ++s) {
            out.ours.push_back(smooth(static_cast<Index>(i - lines.begin), static_cast<Index>(s)));
            out.theirs.push_back(s < given.size() ? given[s] : kMissing);
        }
    }
}

}  // namespace

void compare_paths(const Translated& t, const json& record, Figures& out) {
    std::map<std::string, std::size_t> subjects;
    for (std::size_t s = 0; s < t.path_panel.subjects(); ++s)
        subjects[t.path_panel.id(s)] = s;
    for (const std::string when : {"init", "mle"}) {
        const std::string key = fmt::format("viterbi_at_{}_first_20_subjects", when);
        if (!record.contains(key)) continue;
        const json& table = record[key];
        const std::string name = when == "init" ? "at the start" : "at the estimates";
        const json& from = record.at(when == "init" ? "initial" : "estimates").at("parameters");
        const markov::Values values = values_of(t, numbers(from.at("value_optimisation_scale")));
        markov::TransitionCache cache(t.spec, values);
        Paths paths;
        for (const Lines& lines : by_subject(table.at("subject"))) {
            const auto at = subjects.find(lines.id);
            if (at == subjects.end())
                return out.fail(fmt::format("path {}", name), fmt::format("no subject {}", lines.id));
            const std::size_t rows = t.path_panel.end_row(at->second) - t.path_panel.first_row(at->second);
            if (rows != lines.end - lines.begin)
                return out.fail(fmt::format("path {}", name),
                                fmt::format("subject {}: {} rows of ours for {}", lines.id, rows,
                                            lines.end - lines.begin));
            if (table.contains("fitted"))
                add_path(t, values, cache, at->second, lines, table["fitted"], paths);
            if (table.contains("pstate"))
                add_probabilities(t, cache, at->second, lines, table["pstate"], paths);
        }
        if (paths.states > 0) {
            const std::string said = fmt::format(
                "{} of {} states differ{}{}", paths.wrong, paths.states, paths.first_wrong,
                paths.tied > 0 ? fmt::format(", {} on paths of equal probability", paths.tied) : "");
            paths.wrong == 0 ? out.pass(fmt::format("most probable path {}", name), said)
                             : out.fail(fmt::format("most probable path {}", name), said);
        }
        if (!paths.ours.empty())
            out.compare(fmt::format("state probabilities {}", name), paths.ours, paths.theirs, 0.0, 1e-8);
    }
}

}  // namespace bellwether::msm

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/core/error.hpp"

/// The regimen graph: regimens are vertices, permitted moves are edges with guards.
namespace bellwether::therapy {

/// One datum of a patient, as known at the date of the question.
struct Fact {
    std::optional<double> value;  ///< nothing: not known
    std::string text;             ///< for attributes
    std::string origin;  ///< "alt 2026-03-02: 210 U/L", "colitis grade 3 since 2026-02-11": shown as the
                         ///< datum that bars
};

/// What guards read. Names: channels ("alt", "alt_ratio"), "toxicity:colitis" (active grade), "toxicity:any",
/// "attribute:<name>", "had:<regimen>" (1 when ever given).
///
/// What absence means: "toxicity:any" (the highest active grade, 0 when none is active) says that toxicities
/// are recorded for this patient and that the list is complete; with it a term that is absent has grade 0,
/// without it every toxicity is unknown. A "had:" that is absent was never given: the therapy record is the
/// list (give it with no value when the record is known to be incomplete). A channel or attribute that is
/// absent, or has no value, is unknown.
using Facts = std::map<std::string, Fact>;

enum class MoveKind { intensify, switch_, add, prime_then_start, hold, rebiopsy_first, confirm };
[[nodiscard]] std::string_view to_string(MoveKind k);
[[nodiscard]] std::optional<MoveKind> parse_move_kind(std::string_view text);

enum class Standing {
    open,
    barred,
    withheld,
    unknown
};  ///< withheld: an active toxicity; unknown: a guard's datum is missing
[[nodiscard]] std::string_view to_string(Standing s);

struct Option {
    std::string move;  ///< permanent name
    MoveKind kind = MoveKind::hold;
    std::string to;  ///< regimen; "" when the move stays
    std::string title;
    Standing standing = Standing::open;
    std::vector<std::string> because;   ///< each datum that bars, withholds or is missing; empty when open
    int rank = 0;                       ///< 1 = first; open ones only
    std::vector<std::string> evidence;  ///< keys
};

/// Read from YAML (docs/therapy-graph.md). Immutable.
class Graph {
public:
    struct Impl;
    explicit Graph(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    [[nodiscard]] const std::string& name() const;
    [[nodiscard]] std::vector<std::string> regimens() const;
    [[nodiscard]] std::vector<std::string> bottlenecks() const;
    [[nodiscard]] bool has(const std::string& regimen) const;
    /// Every move from the current regimen that answers the bottleneck ("" = any), ranked: open, unknown,
    /// withheld, barred; within each by the move's declared preference for the bottleneck, then by name.
    ///
    /// A move is barred by a guard that is false, withheld by an active toxicity (intensify and add: of hold
    /// or stop grade for the current regimen or the new one; switch and prime-then-start: for the new one),
    /// unknown when a datum is missing. All three kinds of reason are listed, in this order; the strongest
    /// gives the standing. Under an active toxicity of hold or stop grade for the current regimen `hold`
    /// comes first.
    /// @param kinds  restrict to these kinds (a rule's proposal), empty = all; `hold` and `confirm` are
    /// always shown
    /// @throws Error T001 unknown regimen, T002 unknown bottleneck, each with the nearest name.
    [[nodiscard]] std::vector<Option> options(const std::string& current, const std::string& bottleneck,
                                              const Facts& facts,
                                              const std::vector<MoveKind>& kinds = {}) const;

private:
    std::shared_ptr<const Impl> impl_;
};

/// @return nothing when there is an error among the findings (T010 to T023 and the YAML reader's own);
/// warnings may stand.
/// @tested tests/therapy/read_test.cpp, one defect each; tests/therapy/shipped_test.cpp: the shipped graph
[[nodiscard]] std::optional<Graph> read_graph(std::string_view text, const std::string& file,
                                              Findings& findings);

}  // namespace bellwether::therapy

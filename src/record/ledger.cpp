#include "bellwether/record/ledger.hpp"

#include "names.hpp"

namespace bellwether {
namespace {

constexpr record_detail::Names<Severity, 3> kSeverities{
    {{Severity::info, "info"}, {Severity::review, "review"}, {Severity::urgent, "urgent"}}};

constexpr record_detail::Names<MachineState, 5> kMachineStates{{{MachineState::open, "open"},
                                                                {MachineState::resolved, "resolved"},
                                                                {MachineState::withdrawn, "withdrawn"},
                                                                {MachineState::merged, "merged"},
                                                                {MachineState::superseded, "superseded"}}};

constexpr record_detail::Names<HumanState, 5> kHumanStates{{{HumanState::new_, "new"},
                                                            {HumanState::acknowledged, "acknowledged"},
                                                            {HumanState::actioned, "actioned"},
                                                            {HumanState::dismissed, "dismissed"},
                                                            {HumanState::snoozed, "snoozed"}}};

constexpr record_detail::Names<AlertChange, 13> kChanges{{{AlertChange::opened, "opened"},
                                                          {AlertChange::revised, "revised"},
                                                          {AlertChange::resolved, "resolved"},
                                                          {AlertChange::reopened, "reopened"},
                                                          {AlertChange::withdrawn, "withdrawn"},
                                                          {AlertChange::merged, "merged"},
                                                          {AlertChange::split, "split"},
                                                          {AlertChange::superseded, "superseded"},
                                                          {AlertChange::acknowledged, "acknowledged"},
                                                          {AlertChange::actioned, "actioned"},
                                                          {AlertChange::dismissed, "dismissed"},
                                                          {AlertChange::snoozed, "snoozed"},
                                                          {AlertChange::human_reset, "human_reset"}}};

}  // namespace

std::string_view to_string(Severity s) {
    return record_detail::word(kSeverities, s);
}
std::optional<Severity> parse_severity(std::string_view text) {
    return record_detail::value(kSeverities, text);
}

std::string_view to_string(MachineState s) {
    return record_detail::word(kMachineStates, s);
}
std::optional<MachineState> parse_machine_state(std::string_view text) {
    return record_detail::value(kMachineStates, text);
}

std::string_view to_string(HumanState s) {
    return record_detail::word(kHumanStates, s);
}
std::optional<HumanState> parse_human_state(std::string_view text) {
    return record_detail::value(kHumanStates, text);
}

std::string_view to_string(AlertChange c) {
    return record_detail::word(kChanges, c);
}
std::optional<AlertChange> parse_alert_change(std::string_view text) {
    return record_detail::value(kChanges, text);
}

}  // namespace bellwether

#pragma once

#include "command.hpp"

/// The table of commands: defined one file per noun, listed in main.cpp.
namespace bellwether::cli {

extern const Command init, channel_list, channel_add, channel_bridge;
extern const Command ingest, feed_check;
extern const Command quarantine_list, quarantine_show, quarantine_retry, quarantine_drop;
extern const Command fit, model_show, model_activate, model_predict, model_simulate, model_check,
    model_compare, model_bootstrap, model_profile;
extern const Command rules_check, rules_test, rules_features, rules_activate, rules_list, rules_calibrate;
extern const Command scan, replay, evaluate;
extern const Command alerts_list, alerts_show, alerts_ack, alerts_dismiss, alerts_resolve, alerts_snooze,
    alerts_reset;
extern const Command patient_list, patient_show;
extern const Command report_weekly;
extern const Command study_summary;
extern const Command detect;
extern const Command simulate;
extern const Command trail_show, doctor, backup, restore;

}  // namespace bellwether::cli

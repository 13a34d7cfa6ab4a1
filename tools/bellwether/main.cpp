#include "command.hpp"
#include "commands.hpp"

int main(int argc, char** argv) {
    using namespace bellwether::cli;
    return dispatch(
        {
            init,         channel_list,    channel_add,     channel_bridge,   ingest,
            feed_check,   quarantine_list, quarantine_show, quarantine_retry, quarantine_drop,
            fit,          model_show,      model_activate,  model_predict,    model_simulate,
            model_check,  model_compare,   model_bootstrap, model_profile,    rules_check,
            rules_test,   rules_features,  rules_activate,  rules_list,       rules_calibrate,
            scan,         replay,          evaluate,        alerts_list,      alerts_show,
            alerts_ack,   alerts_dismiss,  alerts_resolve,  alerts_snooze,    alerts_reset,
            patient_list, patient_show,    report_weekly,   study_summary,    detect,
            simulate,     trail_show,      doctor,          backup,           restore,
        },
        argc, argv);
}

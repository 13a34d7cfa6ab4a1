#include "truth_files.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "spool.hpp"

namespace bellwether::trial {
namespace {

constexpr std::size_t buffer_limit = 1 << 20;

}  // namespace

TruthFiles::TruthFiles(const std::string& folder, const TrialOptions& o) : folder_(make_folder(folder)) {
    write_file(
        folder_ + "/truth_trial.csv",
        fmt::format("key,value\npatients,{}\nseed,{}\nscenario,{}\nweeks,{}\naccrual_weeks,{}\nstart,{}\n"
                    "sites,{}\ndropout_per_year,{}\n",
                    o.patients, o.seed, to_string(o.scenario), o.weeks, o.accrual_weeks, to_string(o.start),
                    o.sites, shortest(o.dropout_per_year)));
    patients_ =
        "patient,arm,site,design,response,driver,day_zero,last_day,regrowth_onset,true_sum_progression,"
        "true_new_lesion,measured_progression,switched,died,dropped_out,best_sum_change,start_volume_ml,"
        "start_sum_mm,swelling,resistant_share,growth,max_kill,resistant_kill,resistant_growth,blockade_gain,"
        "fixation,recruitment,shedding,ctdna_moves_on\n";
    states_ =
        "patient,date,day,volume_ml,resistant_ml,true_sum_mm,progenitor,effector,terminal,fixed,mdsc,turned,"
        "treg,"
        "kill,growth_per_day,regime,bottleneck\n";
}

void TruthFiles::add(const VirtualPatient& p, const Course& c) {
    patient(p, c, read_truth(p, c));
    states(p, c);
    if (patients_.size() + states_.size() > buffer_limit) flush();
}

void TruthFiles::flush() {
    write_file(folder_ + "/truth_patients.csv", patients_, begun_);
    write_file(folder_ + "/truth_states.csv", states_, begun_);
    begun_ = true;
    patients_.clear();
    states_.clear();
}

void TruthFiles::patient(const VirtualPatient& p, const Course& c, const Truth& t) {
    const auto date = [&](std::optional<int> day) {
        return day ? to_string(p.day_zero + *day) : std::string();
    };
    const Biology& b = p.biology;
    patients_ +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},", p.id, p.arm, p.site, to_string(p.design),
                    t.response, t.driver, to_string(p.day_zero), date(c.last_day), date(t.onset),
                    date(t.sum_progression), date(t.new_lesion), date(c.progression), date(c.switched),
                    date(c.died), c.dropped_out ? "true" : "false");
    patients_ += fmt::format(
        "{:.4f},{:.3f},{:.2f},{:.3f},{:.6g},{:.6g},{:.6g},{:.4f},{:.4f},{:.4f},{:.6g},{:.6g},"
        "{:.6g},{}\n",
        t.best_change, p.start_volume, true_sum(p, p.start_volume), p.swelling, p.resistant_share, b.growth,
        b.max_kill, b.resistant_kill, b.resistant_growth, b.blockade_gain, b.fixation, b.recruitment,
        p.shedding, p.ctdna_moves_on < 0 ? std::string() : date(p.ctdna_moves_on));
}

void TruthFiles::states(const VirtualPatient& p, const Course& c) {
    for (std::size_t day = 0; day < c.daily.size(); day += 7) {
        const State& x = c.daily[day];
        const std::size_t next = std::min(day + 1, c.daily.size() - 1);
        const std::size_t from = next - std::min<std::size_t>(next, 1);
        const double growth = next > from ? std::log(volume(c.daily[next]) / volume(c.daily[from])) : 0.0;
        const char* bottleneck = x[fixed] > 0.5 ? "exhausted" : x[turned] > 0.5 ? "suppressed" : "none";
        states_ += fmt::format(
            "{},{},{},{:.5g},{:.5g},{:.2f},{:.4f},{:.4f},{:.4f},{:.4f},{:.3f},{:.4f},{:.3f},"
            "{:.5f},{:.5f},{},{}\n",
            p.id, to_string(p.day_zero + static_cast<int>(day)), day, volume(x), x[resistant],
            true_sum(p, volume(x)), x[progenitor], x[effector], x[terminal], x[fixed], x[mdsc], x[turned],
            x[treg], kill_rate(p.biology, x), growth, regime(growth), bottleneck);
    }
}

}  // namespace bellwether::trial

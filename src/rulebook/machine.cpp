#include "machine.hpp"

namespace bellwether::rulebook {
namespace {

class Machine {
public:
    Machine(const Persistence& persistence, bool has_until)
        : persistence_(persistence), has_until_(has_until) {}

    void see(const Tick& t) {
        if (open_) return follow(t);
        if (!onset_) {
            if (!t.base || t.condition != Truth::yes) return;
            onset_ = t.date;
            visits_ = 0;
        }
        wait(t);
    }

    MachineResult result() && {
        result_.pending = onset_;
        return std::move(result_);
    }

private:
    void follow(const Tick& t) {
        if (!t.base) return;
        Run& run = result_.runs.back();
        if (has_until_ ? t.until : t.condition == Truth::no) {
            run.ended = t.date;
            open_ = false;
        } else if (t.escalate && !run.escalated) {
            run.escalated = t.date;
        }
    }

    void wait(const Tick& t) {
        // Days on which nothing but another onset's time runs out are none of this one's.
        if (!t.base && !(persistence_.days && t.date - *onset_ == *persistence_.days)) return;
        if (t.condition == Truth::no) {
            onset_.reset();
            return;
        }
        if (t.condition == Truth::unknown) return;
        if (t.visit) ++visits_;
        const bool long_enough = !persistence_.days || t.date - *onset_ >= *persistence_.days;
        const bool often_enough = !persistence_.visits || visits_ >= *persistence_.visits;
        if (!long_enough || !often_enough) return;
        Run run;
        run.onset = *onset_;
        run.fired = t.date;
        run.fired_point = t.point;
        if (t.escalate) run.escalated = t.date;
        result_.runs.push_back(run);
        open_ = true;
        onset_.reset();
    }

    const Persistence& persistence_;
    bool has_until_;
    bool open_ = false;
    std::optional<Date> onset_;
    int visits_ = 0;
    MachineResult result_;
};

}  // namespace

MachineResult run_machine(const Persistence& persistence, bool has_until, std::span<const Tick> ticks) {
    Machine machine(persistence, has_until);
    for (const Tick& t : ticks)
        machine.see(t);
    return std::move(machine).result();
}

}  // namespace bellwether::rulebook

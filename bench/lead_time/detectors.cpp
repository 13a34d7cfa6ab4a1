#include "detectors.hpp"

#include <algorithm>
#include <cmath>

namespace lead_time {

void single(const Course& course, Scores& out) {
    double lowest = course.log_ctdna.front();
    for (std::size_t i = 1; i < course.log_ctdna.size(); ++i) {
        out.push_back({course.draw_days[i], course.log_ctdna[i] - lowest});
        lowest = std::min(lowest, course.log_ctdna[i]);
    }
}

void two(const Course& course, Scores& out) {
    const auto& y = course.log_ctdna;
    double lowest = y.front();
    for (std::size_t i = 2; i < y.size(); ++i) {
        out.push_back({course.draw_days[i], std::min(y[i], y[i - 1]) - lowest});
        lowest = std::min(lowest, y[i - 1]);
    }
}

void mean3(const Course& course, Scores& out) {
    const auto& y = course.log_ctdna;
    double lowest = (y[0] + y[1] + y[2]) / 3.0;
    for (std::size_t i = 3; i < y.size(); ++i) {
        const double mean = (y[i] + y[i - 1] + y[i - 2]) / 3.0;
        out.push_back({course.draw_days[i], mean - lowest});
        lowest = std::min(lowest, mean);
    }
}

Detector cusum(double sd) {
    return [sd](const Course& course, Scores& out) {
        double sum = 0.0;
        for (std::size_t i = 1; i < course.log_ctdna.size(); ++i) {
            sum = std::max(0.0, sum + (course.log_ctdna[i] - course.log_ctdna[i - 1]) / sd - 0.25);
            out.push_back({course.draw_days[i], sum});
        }
    };
}

}  // namespace lead_time

#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/derive/recist.hpp"

namespace bellwether::derive::testing {

inline Date day(int n) {
    return Date(20454 + n);
}

inline Lesion target(const std::string& name, int n, double mm, bool nodal = false) {
    Lesion l;
    l.patient = "P1", l.lesion = name, l.taken = day(n), l.nodal = nodal, l.diameter_mm = mm;
    return l;
}

inline Lesion stated(Lesion::Role role, const std::string& name, int n, const std::string& state,
                     bool nodal = false) {
    Lesion l;
    l.patient = "P1", l.lesion = name, l.taken = day(n), l.role = role, l.nodal = nodal, l.state = state;
    return l;
}

inline Lesion gone(const std::string& name, int n) {
    return stated(Lesion::Role::target, name, n, "absent");
}
inline Lesion not_seen(const std::string& name, int n) {
    return stated(Lesion::Role::target, name, n, "not_evaluable");
}

/// The text of a file of the shared collection beside the repository, or nothing where that is absent.
inline std::optional<std::string> shared_text(const std::string& path) {
    std::ifstream in(std::filesystem::path(BELLWETHER_SOURCE_DIR) / "../shared" / path);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace bellwether::derive::testing

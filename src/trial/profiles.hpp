#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bellwether::trial {

struct Profile {
    std::string_view file, text;
};

/// The feed profiles of a virtual trial; the same bytes as examples/virtual-trial/*.yaml.
[[nodiscard]] const std::vector<Profile>& profiles();
void write_profiles(const std::string& folder);

}  // namespace bellwether::trial

#pragma once

#include <string>
#include <vector>

#include "bellwether/feed/profile.hpp"

namespace bellwether::feed {

struct FieldUse {
    Field field;
    bool required;
};

/// The fields of a kind of feed, in the order in which they are documented.
[[nodiscard]] const std::vector<FieldUse>& fields_of(Kind kind, Shape shape);

/// The words that a field may hold, in our spelling; empty when it is free text.
[[nodiscard]] const std::vector<std::string>& vocabulary(Field f);

}  // namespace bellwether::feed

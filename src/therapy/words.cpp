#include <array>

#include "bellwether/therapy/therapy.hpp"

namespace bellwether::therapy {
namespace {

struct KindWord {
    MoveKind kind;
    std::string_view word;
};
constexpr std::array kinds{KindWord{MoveKind::intensify, "intensify"},
                           KindWord{MoveKind::switch_, "switch"},
                           KindWord{MoveKind::add, "add"},
                           KindWord{MoveKind::prime_then_start, "prime-then-start"},
                           KindWord{MoveKind::hold, "hold"},
                           KindWord{MoveKind::rebiopsy_first, "rebiopsy-first"},
                           KindWord{MoveKind::confirm, "confirm"}};

}  // namespace

std::string_view to_string(MoveKind k) {
    for (const auto& row : kinds)
        if (row.kind == k) return row.word;
    return "";
}

std::optional<MoveKind> parse_move_kind(std::string_view text) {
    for (const auto& row : kinds)
        if (row.word == text) return row.kind;
    return std::nullopt;
}

std::string_view to_string(Standing s) {
    switch (s) {
        case Standing::open:
            return "open";
        case Standing::barred:
            return "barred";
        case Standing::withheld:
            return "withheld";
        case Standing::unknown:
            return "unknown";
    }
    return "";
}

}  // namespace bellwether::therapy

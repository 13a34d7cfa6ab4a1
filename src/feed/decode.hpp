#pragma once

#include <memory>

#include "row.hpp"

namespace bellwether::feed {

/// Takes records of a row; a refused row has given none.
using Emit = std::function<void(Record&&)>;
/// Takes the refusal of one cell of a wide table.
using RefuseCell = std::function<void(BadCell&&)>;

/// Turns rows of one kind into records. One per file; may remember what it must from row to row.
class Decoder {
public:
    virtual ~Decoder() = default;
    /// @return false when the row was passed over as the profile asks. @throws BadCell
    virtual bool row(Row& row, const Emit& emit, const RefuseCell& refuse) = 0;
    /// At the end of the file.
    virtual void finish(const Emit&) {}
};

[[nodiscard]] std::unique_ptr<Decoder> observation_decoder(const Profile& profile,
                                                           const ChannelCatalogue& catalogue);
[[nodiscard]] std::unique_ptr<Decoder> patient_decoder();
[[nodiscard]] std::unique_ptr<Decoder> therapy_decoder(Shape shape);
[[nodiscard]] std::unique_ptr<Decoder> event_decoder();
[[nodiscard]] std::unique_ptr<Decoder> lesion_decoder();
[[nodiscard]] std::unique_ptr<Decoder> schedule_decoder();

/// Emits what becomes known in two steps: `opened` when it begins, `closed` when it ends. A backfill without
/// stated release times tells both, so that nobody sees an end before its day; otherwise the closed version
/// alone counts.
void emit_in_steps(Record opened, Record closed, const Emit& emit);

}  // namespace bellwether::feed

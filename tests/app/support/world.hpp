#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bellwether/app/evaluate.hpp"
#include "bellwether/app/knowledge.hpp"
#include "bellwether/app/scan.hpp"
#include "bellwether/record/resolve.hpp"
#include "bellwether/store/store.hpp"

/// A small world for the laws: invented patients with messy feeds, a few rules of every shape, a model at its
/// start values.
namespace world {

using namespace bellwether;

/// The shipped channels.
[[nodiscard]] ChannelCatalogue catalogue();

/// Rules with P(), fold, `for: 2 visits`, `for: 21d`, `until`, escalation, toxicity and a term that reads the
/// clock.
[[nodiscard]] app::RuleSet rules();
/// The same with other thresholds: a second activation.
[[nodiscard]] app::RuleSet stricter_rules();

/// The text of a model of tumour size and ctDNA, marked as converged at its start values.
[[nodiscard]] std::string model_text();

[[nodiscard]] std::vector<store::Activation> activations(Instant from);

/// First day of everything.
[[nodiscard]] Date day_zero();

/// A patient's versions: readings of ctDNA (some censored) and size, corrections, cancellations, preliminary
/// ones, therapy with a change, a toxicity, perhaps a death. Released with delays; learnt not yet set.
[[nodiscard]] std::vector<Record> random_records(std::uint64_t seed);

/// The records, learnt in a random order and batching; the k-th batch at an instant after its newest release.
[[nodiscard]] PatientHistory random_arrival(std::vector<Record> records, std::uint64_t seed);

/// The same under another patient's name.
[[nodiscard]] PatientHistory renamed(PatientHistory history, const std::string& patient);

/// An instant by which all of random_arrival is learnt.
[[nodiscard]] Instant the_end();

/// Machine events without their numbers: what must be equal whatever the timetable.
[[nodiscard]] std::vector<std::string> story(const std::vector<AlertEvent>& events);

/// Live episodes of a ledger, and of an evaluation, in one order.
[[nodiscard]] std::vector<std::string> live(const std::vector<Alert>& ledger);
[[nodiscard]] std::vector<std::string> live(const app::Evaluation& e);

}  // namespace world

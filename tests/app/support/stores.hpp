#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/support/world.hpp"

/// Stores of the small world, in a folder of their own.
namespace world {

/// A folder that is gone at the end of the test; no two are the same, in whatever process.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// From when everything is in force: before the first reading.
[[nodiscard]] Instant active_from();

/// activations() with another text in place of the rules or of the model.
[[nodiscard]] std::vector<store::Activation> activations_with(store::ArtifactKind kind,
                                                              const std::string& text);

/// Versions of patients P000, P001 ...: patient i of random_records() and random_arrival() with
/// `first_seed` + i.
[[nodiscard]] std::vector<Record> random_patients(int patients, std::uint64_t first_seed);

/// A simulated store with the shipped channels and these activations, that knows these records.
[[nodiscard]] std::unique_ptr<store::Store> make_store(
    const std::string& file, std::vector<Record> records,
    const std::vector<store::Activation>& active = activations(active_from()));

}  // namespace world

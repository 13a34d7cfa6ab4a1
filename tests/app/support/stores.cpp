#include "stores.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

#include "bellwether/core/hash.hpp"

namespace world {

namespace fs = std::filesystem;

Folder::Folder() {
    auto name = (fs::temp_directory_path() / "bellwether-app-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no folder for the test: " + name);
    path_ = name;
}

Folder::~Folder() {
    std::error_code left_behind;  // a destructor does not throw
    fs::remove_all(path_, left_behind);
}

Instant active_from() {
    return Instant::start_of(day_zero() - 100);
}

std::vector<store::Activation> activations_with(store::ArtifactKind kind, const std::string& text) {
    auto all = activations(active_from());
    for (auto& a : all)
        if (a.kind == kind) a.text = text, a.hash = sha256_hex(text);
    return all;
}

std::vector<Record> random_patients(int patients, std::uint64_t first_seed) {
    std::vector<Record> all;
    for (int i = 0; i < patients; ++i) {
        const auto seed = static_cast<std::uint64_t>(i) + first_seed;
        const auto h = renamed(random_arrival(random_records(seed), seed), fmt::format("P{:03}", i));
        all.insert(all.end(), h.versions.begin(), h.versions.end());
    }
    return all;
}

std::unique_ptr<store::Store> make_store(const std::string& file, std::vector<Record> records,
                                         const std::vector<store::Activation>& active) {
    auto store = store::create_sqlite(file, store::Kind::simulated, active_from(), "test");
    store->put_channels(catalogue(), active_from(), "test");
    for (const auto& a : active)
        store->activate(a, active_from());
    store::Batch batch;
    batch.file.name = batch.file.hash = "f";
    batch.records = std::move(records);
    (void)store->commit(std::move(batch), the_end(), true, "test");
    return store;
}

}  // namespace world

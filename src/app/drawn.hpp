#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bellwether/app/knowledge.hpp"
#include "bellwether/drift/draw.hpp"
#include "bellwether/store/store.hpp"
#include "bellwether/study/budget.hpp"

/// A store's visits with readings drawn from a model, and rules judged on them.
namespace bellwether::app {

/// A path from the first modelled reading on: among some states, and from a day on among others.
struct DrawnPath {
    std::string name;
    markov::StateSet among = 0;
    int day = 0;                 ///< of the onset
    markov::StateSet onset = 0;  ///< 0: none
};

/// What one drawn patient was alerted by.
struct DrawnPatient {
    study::Quiet quiet;  ///< from day zero (else the first modelled reading) to the last modelled reading
    int onset = 0;       ///< day of the onset after the quiet span's beginning
    bool before_and_after = false;          ///< the onset lies between two modelled readings
    std::vector<unsigned char> assessable;  ///< by rule, at the end, at its quietest threshold
};

class DrawnTrial {
public:
    /// Looks through the store once: who has at least two days with readings of the model, and the channels'
    /// limits of detection (the median of those that were reported).
    /// @throws Error P036 nobody has
    DrawnTrial(store::Store& store, Instant as_of, std::shared_ptr<const drift::Scorer> model,
               std::size_t patients, std::uint64_t seed, int threads);

    /// @param rules  names as they stand in the knowledge's book, [rule][threshold]
    /// @param draw   numbers the draws: another number draws other patients
    [[nodiscard]] std::vector<DrawnPatient> run(const std::shared_ptr<const Knowledge>& knowledge,
                                                const std::vector<std::vector<std::string>>& rules,
                                                const DrawnPath& path, std::uint64_t draw);
    [[nodiscard]] std::int64_t patients() const { return patients_; }
    std::function<void(std::int64_t done, std::int64_t of)> progress;  ///< may be empty

private:
    store::Store& store_;
    Instant as_of_;
    std::shared_ptr<const drift::Scorer> model_;
    ChannelCatalogue catalogue_;
    std::uint64_t seed_;
    int threads_;
    std::int64_t patients_ = 0;
    std::size_t copies_ = 1;
    std::map<std::string, double> limits_;
};

}  // namespace bellwether::app

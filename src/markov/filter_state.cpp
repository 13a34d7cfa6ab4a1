#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/filter.hpp"

namespace bellwether::markov {
namespace {

constexpr std::string_view kForm = "markov-filter-3";

std::string bits(double x) {
    return fmt::format("{:x}", std::bit_cast<std::uint64_t>(x));
}

/// Words of the saved text, one after the other.
class Words {
public:
    explicit Words(std::string_view text) : words_(split(text, ' ')) {}
    std::string_view next() {
        if (at_ >= words_.size()) throw Error("M042", "a saved filter state ends too early");
        return words_[at_++];
    }
    std::uint64_t integer(int base) {
        const std::string_view word = next();
        std::uint64_t x = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), x, base);
        if (error != std::errc() || end != word.data() + word.size())
            throw Error("M042", fmt::format("'{}' in a saved filter state is not a number", word));
        return x;
    }
    double number() { return std::bit_cast<double>(integer(16)); }
    std::size_t count() {
        const std::uint64_t n = integer(10);
        if (n > words_.size()) throw Error("M042", "a saved filter state ends too early");
        return static_cast<std::size_t>(n);
    }
    [[nodiscard]] bool done() const { return at_ == words_.size(); }

private:
    std::vector<std::string> words_;
    std::size_t at_ = 0;
};

}  // namespace

std::string FilterState::serialize() const {
    std::string out = fmt::format("{} {} {} {}", kForm, started ? 1 : 0, bits(time), bits(log_likelihood));
    const auto numbers = [&](const auto& list) {
        for (const double x : list)
            out += ' ' + bits(x);
    };
    out += fmt::format(" {}", log_probability.size());
    numbers(log_probability);
    out += fmt::format(" {}", covariates.size());
    numbers(covariates);
    for (const std::vector<double>* const list : {&level_share, &level_mean, &level_covariance}) {
        out += fmt::format(" {}", list->size());
        numbers(*list);
    }
    out += fmt::format(" {}", memory.size());
    for (const ChannelMemory& m : memory) {
        out += fmt::format(" {} {} {} {} {}", m.has_previous ? 1 : 0, static_cast<int>(m.previous_censor),
                           m.has_baseline ? 1 : 0, bits(m.previous), bits(m.baseline));
        numbers(m.exposure);
    }
    return out;
}

FilterState FilterState::deserialize(std::string_view text) {
    Words words(text);
    if (words.next() != kForm) throw Error("M042", "not a saved filter state of this version");
    FilterState state;
    state.started = words.integer(10) != 0;
    state.time = words.number();
    state.log_likelihood = words.number();
    state.log_probability.resize(words.count());
    for (double& x : state.log_probability)
        x = words.number();
    state.covariates.resize(words.count());
    for (double& x : state.covariates)
        x = words.number();
    for (std::vector<double>* const list : {&state.level_share, &state.level_mean, &state.level_covariance}) {
        list->resize(words.count());
        for (double& x : *list)
            x = words.number();
    }
    state.memory.resize(words.count());
    for (ChannelMemory& m : state.memory) {
        m.has_previous = words.integer(10) != 0;
        const std::uint64_t censor = words.integer(10);
        if (censor > static_cast<std::uint64_t>(Censor::interval))
            throw Error("M042", fmt::format("{} in a saved filter state is not a censoring mark", censor));
        m.previous_censor = static_cast<Censor>(censor);
        m.has_baseline = words.integer(10) != 0;
        m.previous = words.number();
        m.baseline = words.number();
        for (double& x : m.exposure)
            x = words.number();
    }
    if (!words.done()) throw Error("M042", "a saved filter state goes on after its end");
    return state;
}

}  // namespace bellwether::markov

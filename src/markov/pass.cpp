#include "pass.hpp"

#include "stretch_pass.hpp"

namespace bellwether::markov {

std::unique_ptr<Pass> make_pass(const Evaluation& evaluation) {
    switch (evaluation.in().spec.states.size()) {
        case 2:
            return std::make_unique<StretchPass<2>>(evaluation);
        case 3:
            return std::make_unique<StretchPass<3>>(evaluation);
        case 4:
            return std::make_unique<StretchPass<4>>(evaluation);
        case 5:
            return std::make_unique<StretchPass<5>>(evaluation);
        case 6:
            return std::make_unique<StretchPass<6>>(evaluation);
        case 7:
            return std::make_unique<StretchPass<7>>(evaluation);
        case 8:
            return std::make_unique<StretchPass<8>>(evaluation);
        case 10:
            return std::make_unique<StretchPass<10>>(evaluation);
        case 12:
            return std::make_unique<StretchPass<12>>(evaluation);
        case 16:
            return std::make_unique<StretchPass<16>>(evaluation);
        default:
            return std::make_unique<StretchPass<0>>(evaluation);
    }
}

}  // namespace bellwether::markov

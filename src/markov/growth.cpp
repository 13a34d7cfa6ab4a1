#include "bellwether/markov/growth.hpp"

#include "bellwether/core/error.hpp"

#include "expm.hpp"
#include "growth_moments.hpp"

namespace bellwether::markov {

GrowthMoments growth_moments(const Eigen::MatrixXd& Q, const Eigen::VectorXd& rates, Days dt) {
    check_generator(Q);
    check_gap(dt);
    if (rates.size() != Q.rows() || !rates.allFinite())
        throw Error("M001", "a growth rate is missing or not finite");
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Eigen::Index K = Q.rows();
    const RowMajor rows = Q;
    GrowthTable<double> m;
    MomentMaker<double>(static_cast<std::size_t>(K)).make(rows.data(), rates.data(), dt.count, m);
    const auto square = [&](const std::vector<double>& of) -> Eigen::MatrixXd {
        return Eigen::Map<const RowMajor>(of.data(), K, K);
    };
    return {square(m.P), square(m.mean), square(m.variance)};
}

}  // namespace bellwether::markov

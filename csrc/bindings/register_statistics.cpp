#include <pybind11/stl.h>

#include <cstddef>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "bindings.hpp"
#include "core/statistics/differences.hpp"

namespace clear_native::bindings {
namespace py = pybind11;
using namespace pybind11::literals;

namespace {

using MeanTuple = std::tuple<double, double, double>;

MeasuredMean mean_from(const MeanTuple& tuple) {
  const auto& [mean, half_width, freedom] = tuple;
  return {.mean = mean, .half_width = half_width, .freedom = freedom};
}

py::list differences_of(const std::vector<MeanTuple>& before, const std::vector<MeanTuple>& after,
                        double spread_between_runs, double family_error) {
  if (before.size() != after.size()) throw std::invalid_argument("as many means before as after");
  std::vector<Difference> found;
  found.reserve(before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    found.push_back(difference(mean_from(before[i]), mean_from(after[i]), spread_between_runs));
  }
  const std::vector<bool> apart = told_apart(found, family_error);
  py::list list;
  for (std::size_t i = 0; i < found.size(); ++i) {
    list.append(py::dict("value"_a = found[i].value, "half_width"_a = found[i].half_width,
                         "relative"_a = found[i].relative, "relative_half_width"_a = found[i].relative_half_width,
                         "p_value"_a = found[i].p_value, "told_apart"_a = static_cast<bool>(apart[i])));
  }
  return list;
}

}  // namespace

void register_statistics(py::module_& module) {
  module.def("differences", &differences_of, "before"_a, "after"_a, "spread_between_runs"_a, "family_error"_a,
             "Do means differ? Each is (mean, half-width of its 95 % interval, degrees of freedom). A dict for each "
             "pair: value, half_width, relative, relative_half_width, p_value, told_apart (Holm).");
}

}  // namespace clear_native::bindings

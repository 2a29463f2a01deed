#include "bindings.hpp"

PYBIND11_MODULE(_core, module) {
  namespace bindings = clear_native::bindings;
  module.doc() = "The measuring engine of clear_native. Private: use the functions of the package clear_native.";
  module.attr("__version__") = CLEAR_VERSION;
  bindings::register_errors();
  bindings::register_meters(module);
  bindings::register_monitor(module);
  bindings::register_workloads(module);
  bindings::register_rounds(module);
  bindings::register_sensor(module);
  bindings::register_statistics(module);
  bindings::register_weighing(module);
#ifdef CLEAR_HAVE_CUDA
  module.attr("has_cuda") = true;
  bindings::register_cuda(module);
#else
  module.attr("has_cuda") = false;
#endif
}

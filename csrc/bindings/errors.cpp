// The one place where the engine's errors become Python's: the class of the same name in clear_native.errors.

#include "core/errors.hpp"

#include <exception>

#include "bindings.hpp"

namespace clear_native::bindings {
namespace py = pybind11;

void register_errors() {
  // pybind11 takes a plain function pointer of this very signature.
  py::register_exception_translator([](std::exception_ptr pointer) {  // NOLINT(performance-unnecessary-value-param)
    try {
      if (pointer) {
        std::rethrow_exception(pointer);
      }
    } catch (const Error& error) {
      const py::object type = py::module_::import("clear_native.errors").attr(python_class_name(error.kind()));
      PyErr_SetString(type.ptr(), error.what());
    }
  });
}

}  // namespace clear_native::bindings

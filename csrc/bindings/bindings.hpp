#pragma once
// One register_* per family; module.cpp only calls them.

#include <pybind11/pybind11.h>

namespace clear_native::bindings {

void register_errors();
void register_meters(pybind11::module_& module);
void register_monitor(pybind11::module_& module);
void register_workloads(pybind11::module_& module);
void register_rounds(pybind11::module_& module);
void register_sensor(pybind11::module_& module);
void register_statistics(pybind11::module_& module);
void register_weighing(pybind11::module_& module);
void register_cuda(pybind11::module_& module);  // only with CLEAR_HAVE_CUDA

}  // namespace clear_native::bindings

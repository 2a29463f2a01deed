# libtorch of a pip wheel: the target clear_torch, absent where there is no torch. Without find_package(Torch), which asks
# for a CUDA toolkit where the wheel is one for CUDA. The interpreter is asked in isolated mode, since pip hides the
# environment's own packages from builds otherwise.
set(CLEAR_TORCH_DIR "" CACHE PATH "The torch/ folder of an installed wheel; empty: that of the interpreter's environment")
set(clear_torch_dir "${CLEAR_TORCH_DIR}")
if(NOT clear_torch_dir)
  # With all that the extension asks for later: what is found once is not looked for again.
  set(clear_python_parts Interpreter)
  if(CLEAR_WITH_PYTHON)
    list(APPEND clear_python_parts Development.Module)
  endif()
  find_package(Python COMPONENTS ${clear_python_parts} QUIET)
  if(Python_Interpreter_FOUND)
    execute_process(
      COMMAND "${Python_EXECUTABLE}" -I -c
        "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '', end='')"
      OUTPUT_VARIABLE clear_torch_dir ERROR_QUIET)
  endif()
endif()
if(clear_torch_dir AND EXISTS "${clear_torch_dir}/lib/libtorch_cpu.so" AND EXISTS "${clear_torch_dir}/include/ATen")
  add_library(clear_torch INTERFACE)
  set(CLEAR_TORCH_HAS_CUDA OFF)
  target_include_directories(clear_torch SYSTEM INTERFACE
    "${clear_torch_dir}/include" "${clear_torch_dir}/include/torch/csrc/api/include")
  target_link_directories(clear_torch INTERFACE "${clear_torch_dir}/lib")
  target_link_options(clear_torch INTERFACE -Wl,--allow-shlib-undefined)
  if(EXISTS "${clear_torch_dir}/lib/libtorch_cuda.so")  # needed at load: it registers the kernels of CUDA
    target_link_libraries(clear_torch INTERFACE -Wl,--no-as-needed torch_cuda c10_cuda -Wl,--as-needed)
    set(CLEAR_TORCH_HAS_CUDA ON)
  endif()
  target_link_libraries(clear_torch INTERFACE -Wl,--no-as-needed torch_cpu -Wl,--as-needed c10)
endif()

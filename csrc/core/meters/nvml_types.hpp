#pragma once
// The few types of NVML that are used, as its stable C ABI has them, so that no CUDA toolkit is needed to build.
// Source: nvml.h of the CUDA toolkit (NVML API Reference Guide).

namespace clear_native::nvml {

using Device = void*;
using Return = int;

inline constexpr Return success = 0;
inline constexpr Return error_uninitialized = 1;
inline constexpr Return error_invalid_argument = 2;
inline constexpr Return error_not_supported = 3;
inline constexpr Return error_no_permission = 4;
inline constexpr Return error_not_found = 6;
inline constexpr Return error_insufficient_size = 7;
inline constexpr Return error_driver_not_loaded = 9;
inline constexpr Return error_library_not_found = 12;
inline constexpr Return error_gpu_is_lost = 15;
inline constexpr Return error_reset_required = 16;
inline constexpr Return error_lib_rm_version_mismatch = 18;

inline constexpr unsigned clock_sm = 1;
inline constexpr unsigned clock_memory = 2;
inline constexpr unsigned temperature_gpu = 0;
inline constexpr unsigned total_power_samples = 0;
inline constexpr unsigned field_power_instant = 186;
inline constexpr unsigned mig_enabled = 1;
inline constexpr double w_per_mw = 1e-3;  // powers are whole milliwatts
inline constexpr unsigned uuid_buffer_size = 96;

enum class ValueType : int { double_value = 0, unsigned_int = 1, unsigned_long = 2, unsigned_long_long = 3 };

union Value {
  double double_value;
  unsigned unsigned_int;
  unsigned long unsigned_long;
  unsigned long long unsigned_long_long;
};

struct Sample {
  unsigned long long timestamp_us;  // of the realtime clock
  Value value;
};

struct FieldValue {
  unsigned field;
  unsigned scope;
  long long timestamp_us;
  long long latency_us;
  ValueType type;
  Return result;
  Value value;
};

struct ProcessInfo {  // the layout of _v2 and _v3
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};

}  // namespace clear_native::nvml

/* What a test tells the fake libnvidia-ml, and what it tells back: a file mapped by both ($CLEAR_FAKE_NVML_CONTROL).
 * Plain C layout, natural alignment, so that ctypes.Structure with the same fields in the same order maps it too. */
#ifndef CLEAR_NATIVE_FAKE_NVML_CONTROL_H
#define CLEAR_NATIVE_FAKE_NVML_CONTROL_H

#include <stdint.h>

#define FAKE_NVML_VERSION 1u
#define FAKE_NVML_DEVICES 4
#define FAKE_NVML_UUID_SIZE 64
#define FAKE_NVML_PROCESSES 64

/* Index of fail[] and calls[]. */
enum fake_nvml_function {
  FAKE_NVML_INIT = 0,
  FAKE_NVML_DEVICE_BY_UUID = 1,
  FAKE_NVML_TOTAL_ENERGY = 2,
  FAKE_NVML_SAMPLES = 3,
  FAKE_NVML_CLOCK = 4,
  FAKE_NVML_TEMPERATURE = 5,
  FAKE_NVML_CLOCKS_EVENT_REASONS = 6,
  FAKE_NVML_POWER_USAGE = 7,
  FAKE_NVML_FIELD_VALUES = 8,
  FAKE_NVML_COMPUTE_PROCESSES = 9,
  FAKE_NVML_MIG_MODE = 10,
  FAKE_NVML_SHUTDOWN = 11,
  FAKE_NVML_CAPABILITY = 12,
  FAKE_NVML_FUNCTIONS = 16
};

struct fake_nvml_device {
  char uuid[FAKE_NVML_UUID_SIZE]; /* with its prefix, "GPU-" or "MIG-" */
  uint64_t base_mj;               /* of the counter when the clock began */
  uint32_t power_mw;
  uint32_t sm_clock_mhz;
  uint32_t memory_clock_mhz;
  uint32_t temperature_c;
  uint64_t clocks_event_reasons;
  uint32_t mig_mode;
  uint32_t process_count;
  uint32_t pids[FAKE_NVML_PROCESSES];
};

struct fake_nvml_control {
  uint32_t version;
  uint32_t device_count;
  uint64_t tick_ns;          /* the counter changes so often */
  uint64_t virtual_ns;       /* 0: the monotonic clock; else this is the time since the start */
  uint32_t sample_period_us; /* 0: no power samples are kept */
  uint32_t own_process_count; /* the first so many pids are replaced by the caller's own */
  uint32_t fail[FAKE_NVML_FUNCTIONS];  /* nvmlReturn_t that the function returns; 0: it works */
  uint64_t calls[FAKE_NVML_FUNCTIONS]; /* counted by the library */
  struct fake_nvml_device devices[FAKE_NVML_DEVICES];
  /* From here on of all devices; zeros are a driver that reads what it is asked at once, and a device without load. */
  uint64_t load_from_ns; /* of the time since the start: power is load_power_mw from then ... */
  uint64_t load_until_ns; /* ... until then */
  uint32_t load_power_mw;
  uint32_t counter_bits;     /* 0 or 64: the counter wraps at 64 bits; else at so many */
  uint64_t field_period_ns;  /* instantaneous power and power usage change so often; 0: always */
  uint64_t averaging_ns;     /* power usage is a trailing mean over so long; 0: it is not */
  int32_t capability_major, capability_minor;
  uint64_t samples_lost_before_ns; /* the driver has no samples from before this time since the start */
  uint64_t slow_ns[FAKE_NVML_FUNCTIONS]; /* a call takes so much longer */
};

#endif

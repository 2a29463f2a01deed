/* A libnvidia-ml.so.1 for tests: the functions that clear_native calls, and the few more that nvidia-ml-py needs to list
 * devices, answering from a control file. FAKE_NVML_WITHOUT_OPTIONAL, _ENERGY and _POWER build drivers that lack functions. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "control.h"

#define SAMPLES_KEPT 119u

typedef int result_t;
typedef void* device_t;
enum { OK = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7 };

typedef union {
  double d;
  unsigned ui;
  unsigned long ul;
  unsigned long long ull;
} value_t;
typedef struct {
  unsigned long long timestamp_us;
  value_t value;
} sample_t;
typedef struct {
  unsigned field, scope;
  long long timestamp_us, latency_us;
  int type;
  result_t result;
  value_t value;
} field_value_t;
typedef struct {
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance, compute_instance;
} process_t;

static struct fake_nvml_control without_file = {
    .version = FAKE_NVML_VERSION,
    .device_count = 1,
    .tick_ns = 100000000u,
    .sample_period_us = 20000,
    .own_process_count = 1,
    .devices = {{.uuid = "GPU-00000000-0000-0000-0000-000000000000",
                 .power_mw = 100000,
                 .sm_clock_mhz = 1980,
                 .memory_clock_mhz = 3201,
                 .temperature_c = 40,
                 .process_count = 1}}};
static struct fake_nvml_control* control = &without_file;
static uint64_t start_ns;
static uint64_t start_realtime_us;

static uint64_t monotonic_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t realtime_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static uint64_t elapsed_ns(void) { return control->virtual_ns ? control->virtual_ns : monotonic_ns() - start_ns; }

/* Millijoules from the start to `at_ns`, which may lie before it. */
static double energy_mj(const struct fake_nvml_device* device, double at_ns) {
  double loaded_ns = at_ns < (double)control->load_until_ns ? at_ns : (double)control->load_until_ns;
  loaded_ns -= (double)control->load_from_ns;
  const double more_mw = (double)control->load_power_mw - (double)device->power_mw;
  return 1e-9 * (at_ns * device->power_mw + (loaded_ns > 0 ? loaded_ns * more_mw : 0));
}

/* Mean power over the time before `at_ns`; over no time at all, power then. */
static unsigned mean_power_mw(const struct fake_nvml_device* device, double at_ns, double over_ns) {
  if (over_ns <= 0) {
    const int loaded = at_ns >= (double)control->load_from_ns && at_ns < (double)control->load_until_ns;
    return loaded ? control->load_power_mw : device->power_mw;
  }
  return (unsigned)((energy_mj(device, at_ns) - energy_mj(device, at_ns - over_ns)) / (over_ns * 1e-9) + 0.5);
}

/* When the power fields were last updated. */
static double field_ns(void) {
  const uint64_t now_ns = elapsed_ns();
  return (double)(control->field_period_ns ? now_ns / control->field_period_ns * control->field_period_ns : now_ns);
}

static result_t enter(enum fake_nvml_function function) {
  __atomic_fetch_add(&control->calls[function], 1, __ATOMIC_RELAXED);
  const uint64_t slow_ns = __atomic_load_n(&control->slow_ns[function], __ATOMIC_RELAXED);
  const struct timespec slow = {(time_t)(slow_ns / 1000000000u), (long)(slow_ns % 1000000000u)};
  if (slow_ns > 0) nanosleep(&slow, NULL);
  return (result_t)__atomic_load_n(&control->fail[function], __ATOMIC_RELAXED);
}

static struct fake_nvml_device* of(device_t device) { return (struct fake_nvml_device*)device; }

#define ENTER(function)                  \
  do {                                   \
    const result_t fails = enter(function); \
    if (fails) return fails;             \
  } while (0)

static void map_control_file(void) {
  const char* path = getenv("CLEAR_FAKE_NVML_CONTROL");
  if (path == NULL || control != &without_file) return;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = mmap(NULL, sizeof(struct fake_nvml_control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED && ((struct fake_nvml_control*)mapped)->version == FAKE_NVML_VERSION) control = mapped;
}

result_t nvmlInit_v2(void) {
  map_control_file();
  if (start_ns == 0) {
    start_ns = monotonic_ns();
    start_realtime_us = realtime_us();
  }
  return enter(FAKE_NVML_INIT);
}

result_t nvmlInitWithFlags(unsigned flags) {
  (void)flags;
  return nvmlInit_v2();
}

result_t nvmlShutdown(void) { return enter(FAKE_NVML_SHUTDOWN); }

const char* nvmlErrorString(result_t result) {
  switch (result) {
    case OK: return "Success";
    case INVALID_ARGUMENT: return "Invalid Argument";
    case NOT_SUPPORTED: return "Not Supported";
    case 4: return "Insufficient Permissions";
    case NOT_FOUND: return "Not Found";
    case INSUFFICIENT_SIZE: return "Insufficient Size";
    case 9: return "Driver Not Loaded";
    case 15: return "GPU is lost";
    case 18: return "Driver/library version mismatch";
    default: return "Unknown Error";
  }
}

result_t nvmlDeviceGetHandleByUUID(const char* uuid, device_t* device) {
  ENTER(FAKE_NVML_DEVICE_BY_UUID);
  for (uint32_t i = 0; i < control->device_count; ++i) {
    if (strcmp(control->devices[i].uuid, uuid) != 0) continue;
    *device = &control->devices[i];
    return OK;
  }
  return NOT_FOUND;
}

#ifndef FAKE_NVML_WITHOUT_ENERGY
result_t nvmlDeviceGetTotalEnergyConsumption(device_t device, unsigned long long* counted_mj) {
  ENTER(FAKE_NVML_TOTAL_ENERGY);
  const uint64_t counted_ns = elapsed_ns() / control->tick_ns * control->tick_ns;
  *counted_mj = of(device)->base_mj + (unsigned long long)energy_mj(of(device), (double)counted_ns);
  if (control->counter_bits > 0 && control->counter_bits < 64) *counted_mj &= (1ull << control->counter_bits) - 1;
  return OK;
}
#endif

#ifndef FAKE_NVML_WITHOUT_OPTIONAL
/* As the driver: without a buffer, the size that one needs; with one, the samples after `last_seen`, oldest first. */
result_t nvmlDeviceGetSamples(device_t device, unsigned type, unsigned long long last_seen, int* value_type,
                              unsigned* count, sample_t* samples) {
  ENTER(FAKE_NVML_SAMPLES);
  if (type != 0 || control->sample_period_us == 0) return NOT_SUPPORTED;
  *value_type = 1;
  if (samples == NULL) {
    *count = SAMPLES_KEPT + 1;
    return OK;
  }
  const unsigned long long period_us = control->sample_period_us;
  const unsigned long long now_us = control->virtual_ns ? start_realtime_us + control->virtual_ns / 1000u : realtime_us();
  const unsigned long long newest_us = now_us / period_us * period_us;
  const unsigned long long lost_us =
      control->samples_lost_before_ns ? start_realtime_us + control->samples_lost_before_ns / 1000u : 0;
  unsigned filled = 0;
  for (unsigned long long at_us = newest_us - (SAMPLES_KEPT - 1) * period_us; at_us <= newest_us; at_us += period_us) {
    if (at_us <= last_seen || at_us < lost_us || filled >= *count) continue;
    const double at_ns = ((double)at_us - (double)start_realtime_us) * 1e3;
    samples[filled].timestamp_us = at_us;
    samples[filled].value.ull = 0;
    samples[filled].value.ui = mean_power_mw(of(device), at_ns, (double)period_us * 1e3);
    ++filled;
  }
  *count = filled;
  return filled > 0 ? OK : NOT_FOUND;
}

result_t nvmlDeviceGetClockInfo(device_t device, unsigned type, unsigned* clock_mhz) {
  ENTER(FAKE_NVML_CLOCK);
  if (type != 1 && type != 2) return INVALID_ARGUMENT;
  *clock_mhz = type == 1 ? of(device)->sm_clock_mhz : of(device)->memory_clock_mhz;
  return OK;
}

result_t nvmlDeviceGetTemperature(device_t device, unsigned sensor, unsigned* temperature_c) {
  ENTER(FAKE_NVML_TEMPERATURE);
  if (sensor != 0) return INVALID_ARGUMENT;
  *temperature_c = of(device)->temperature_c;
  return OK;
}

result_t nvmlDeviceGetCurrentClocksEventReasons(device_t device, unsigned long long* reasons) {
  ENTER(FAKE_NVML_CLOCKS_EVENT_REASONS);
  *reasons = of(device)->clocks_event_reasons;
  return OK;
}

result_t nvmlDeviceGetFieldValues(device_t device, int count, field_value_t* values) {
  ENTER(FAKE_NVML_FIELD_VALUES);
  for (int i = 0; i < count; ++i) {
    values[i].result = values[i].field == 186 ? OK : NOT_SUPPORTED;
    values[i].type = 1;
    values[i].value.ull = 0;
    values[i].value.ui = mean_power_mw(of(device), field_ns(), 0);
  }
  return OK;
}

result_t nvmlDeviceGetComputeRunningProcesses_v3(device_t device, unsigned* count, process_t* processes) {
  ENTER(FAKE_NVML_COMPUTE_PROCESSES);
  const unsigned running = of(device)->process_count;
  const unsigned room = *count;
  *count = running;
  if (room < running) return INSUFFICIENT_SIZE;
  for (unsigned i = 0; i < running; ++i) {
    memset(&processes[i], 0, sizeof processes[i]);
    processes[i].pid = i < control->own_process_count ? (unsigned)getpid() : of(device)->pids[i];
  }
  return OK;
}

result_t nvmlDeviceGetMigMode(device_t device, unsigned* current, unsigned* pending) {
  ENTER(FAKE_NVML_MIG_MODE);
  *current = of(device)->mig_mode;
  *pending = of(device)->mig_mode;
  return OK;
}

result_t nvmlDeviceGetCudaComputeCapability(device_t device, int* major, int* minor) {
  (void)device;
  ENTER(FAKE_NVML_CAPABILITY);
  *major = control->capability_major;
  *minor = control->capability_minor;
  return OK;
}
#endif

#ifndef FAKE_NVML_WITHOUT_POWER
result_t nvmlDeviceGetPowerUsage(device_t device, unsigned* power_mw) {
  ENTER(FAKE_NVML_POWER_USAGE);
  *power_mw = mean_power_mw(of(device), field_ns(), (double)control->averaging_ns);
  return OK;
}
#endif

/* For nvidia-ml-py. */
result_t nvmlDeviceGetCount_v2(unsigned* count) {
  *count = control->device_count;
  return OK;
}

result_t nvmlDeviceGetHandleByIndex_v2(unsigned index, device_t* device) {
  if (index >= control->device_count) return INVALID_ARGUMENT;
  *device = &control->devices[index];
  return OK;
}

result_t nvmlDeviceGetUUID(device_t device, char* uuid, unsigned size) {
  snprintf(uuid, size, "%s", of(device)->uuid);
  return OK;
}

result_t nvmlDeviceGetName(device_t device, char* name, unsigned size) {
  snprintf(name, size, "Fake GPU %d", (int)(of(device) - control->devices));
  return OK;
}

result_t nvmlSystemGetDriverVersion(char* version, unsigned size) {
  snprintf(version, size, "000.00.00");
  return OK;
}

result_t nvmlDeviceGetPowerManagementLimit(device_t device, unsigned* limit_mw) {
  (void)device;
  *limit_mw = 700000;
  return OK;
}

result_t nvmlDeviceGetEnforcedPowerLimit(device_t device, unsigned* limit_mw) {
  return nvmlDeviceGetPowerManagementLimit(device, limit_mw);
}

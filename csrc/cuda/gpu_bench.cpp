#include "gpu_bench.hpp"

#include <utility>

#include "core/meters/nvml_choice.hpp"

namespace clear_native::cuda {

GpuBench::GpuBench(std::shared_ptr<EnergyMeter> meter, const std::shared_ptr<const PrimaryContext>& context)
    : DeviceBench(std::move(meter), context->properties().uuid),
      work_(context),
      load_(1, [this](int) { work_.work(); }, [this] { work_.finish(); }) {}

std::optional<Alternation> GpuBench::alternate(double period_s, double duration_s, const BenchWatch& watch) {
  return work_.alternate(period_s, duration_s, watch);
}

SensorSubject gpu_subject(int ordinal, const std::string& which) {
  const std::string uuid = device_uuid(ordinal);
  return {.open_at_rest = [uuid]() -> std::shared_ptr<EnergyMeter> { return open_nvml_meter(uuid, "auto"); },
          .open_meter = [uuid, which]() -> std::shared_ptr<EnergyMeter> { return open_nvml_meter(uuid, which); },
          .open_bench = [ordinal](std::shared_ptr<EnergyMeter> meter) -> std::unique_ptr<SensorBench> {
            return std::make_unique<GpuBench>(std::move(meter), PrimaryContext::of_ordinal(ordinal));
          }};
}

}  // namespace clear_native::cuda

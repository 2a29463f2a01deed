#include "rapl_meter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace clear_native {
namespace {

constexpr double j_per_uj = 1e-6;
constexpr double most_domain_power_w = 1000;   // of one domain: tells how soon it may start again
constexpr double register_steps = 4294967295;  // the register has 32 bits
constexpr double unread_at_most_s = 3600;      // where it practically never starts again
constexpr double reads_per_range = 4;

int open_for_reading(const std::string& file) {
  return ::open(file.c_str(), O_RDONLY | O_CLOEXEC);  // NOLINT(cppcoreguidelines-pro-type-vararg): that is its way
}

[[noreturn]] void throw_unreadable(const RaplDomain& domain, int error) {
  const std::string what = domain.file + " (" + domain.name + "): " + std::strerror(error);
  if (error != EACCES && error != EPERM) {
    throw Error(ErrorKind::sensor_unsupported,
                "The processor's energy counter cannot be read, " + what + ". meter=\"estimate\" needs no sensor.");
  }
  throw Error(
      ErrorKind::sensor_permission,
      "The processor's energy counter may not be read by this user, " + what +
          ". Linux gives it to root alone. Until the next boot: sudo chmod a+r " + domain.file +
          " (each domain has such a file). For good, as /etc/udev/rules.d/70-rapl.rules: SUBSYSTEM==\"powercap\","
          " ACTION==\"add\", RUN+=\"/bin/chmod a+r /sys%p/energy_uj\" (or chgrp to a group of yours and chmod"
          " g+r). Or use meter=\"estimate\".");
}

}  // namespace

struct RaplMeter::Register {
  RaplDomain domain;
  int file = -1;
  UnwrappedCounter counter;

  Register(RaplDomain of, int opened) : domain(std::move(of)), file(opened), counter({&domain.range_uj, 1}) {}
  Register(const Register&) = delete;
  Register& operator=(const Register&) = delete;
  Register(Register&& other) noexcept
      : domain(std::move(other.domain)), file(std::exchange(other.file, -1)), counter(std::move(other.counter)) {}
  Register& operator=(Register&&) = delete;
  ~Register() {
    if (file >= 0) close(file);
  }

  [[nodiscard]] std::uint64_t value_uj() const {
    std::array<char, 32> text{};
    const ssize_t length = pread(file, text.data(), text.size() - 1, 0);
    if (length < 0) {
      const int error = errno;
      if (error == EACCES || error == EPERM) throw_unreadable(domain, error);
    }
    char* end = text.data();
    const std::uint64_t value = length > 0 ? std::strtoull(text.data(), &end, 10) : 0;
    if (end != text.data()) return value;
    throw Error(ErrorKind::sensor_fault, domain.file + " holds no number of microjoules: '" + text.data() +
                                             "'. Measure again; if it persists, look at the kernel's log (dmesg).");
  }
};

RaplMeter::RaplMeter(std::string device, RaplOptions options)
    : clock_(options.clock ? std::move(options.clock) : std::make_shared<const SteadyClock>()),
      longest_unread_s_(unread_at_most_s) {
  std::vector<RaplDomain> domains = find_rapl_domains(options.root);
  if (domains.empty()) {
    throw Error(ErrorKind::sensor_unsupported,
                "The processor offers no energy counter: neither packages in " + options.root +
                    "/powercap/intel-rapl* nor amd_energy in " + options.root +
                    "/hwmon. Virtual machines and containers mostly hide it; on a bare machine, load the kernel module "
                    "intel_rapl_msr (it serves AMD too). meter=\"estimate\" needs no sensor.");
  }
  traits_.name = "rapl";
  traits_.scope = "cpu";
  traits_.device = std::move(device);
  traits_.note = "RAPL counts whole processor packages: what other processes use there is counted too.";
  const auto open_file = options.open ? std::move(options.open) : open_for_reading;
  registers_.reserve(domains.size());
  for (RaplDomain& domain : domains) {
    const int file = open_file(domain.file);
    if (file < 0) throw_unreadable(domain, errno);
    traits_.domains.push_back(domain.name);
    const double range_j = static_cast<double>(domain.range_uj) * j_per_uj;
    if (domain.range_uj > 0) {
      longest_unread_s_ = std::min(longest_unread_s_, range_j / most_domain_power_w);
      traits_.quantum_j = std::max(traits_.quantum_j, range_j / register_steps);
    }
    registers_.emplace_back(std::move(domain), file);
  }
  traits_.quantum_j = std::max(traits_.quantum_j, j_per_uj);
  last_read_s_ = clock_->now_s();
  poll();
  if (options.watch) {
    thread_ = std::make_unique<WatchThread>(longest_unread_s_ / reads_per_range, [this] { read_quietly(); });
  }
}

RaplMeter::~RaplMeter() = default;

EnergyReading RaplMeter::poll() {
  EnergyReading reading;
  reading.begin_s = clock_->now_s();
  const double unread_s = reading.begin_s - last_read_s_;
  const double plausible_uj = most_domain_power_w * (unread_s + 1) / j_per_uj;
  const RaplDomain* went_back = nullptr;
  const RaplDomain* jumped = nullptr;
  double energy_uj = 0;
  for (Register& of : registers_) {
    const UnwrappedCounter::Seen seen = of.counter.feed(of.value_uj(), plausible_uj);
    if (seen == UnwrappedCounter::Seen::went_back) went_back = &of.domain;
    if (seen == UnwrappedCounter::Seen::jumped) jumped = &of.domain;
    energy_uj += static_cast<double>(of.counter.grown());
  }
  reading.end_s = clock_->now_s();
  last_read_s_ = reading.end_s;
  reading.energy_j = energy_uj * j_per_uj;
  if (went_back != nullptr) {
    throw Error(ErrorKind::sensor_fault, "The energy counter " + went_back->file + " (" + went_back->name +
                                             ") went back, farther than starting again after " +
                                             std::to_string(went_back->range_uj) +
                                             " microjoules explains. Measure again.");
  }
  if (jumped != nullptr) {
    throw Error(ErrorKind::sensor_fault, "The energy counter " + jumped->file + " (" + jumped->name +
                                             ") jumped farther than any processor draws. Measure again.");
  }
  if (unread_s > longest_unread_s_) {
    throw Error(ErrorKind::sensor_fault,
                "The processor's energy counters were not read for " + std::to_string(unread_s) +
                    " s (the process was stopped, or the machine slept): they may have started again more than once, "
                    "so the energy of that time is not known. Measure again.");
  }
  return reading;
}

void RaplMeter::read_quietly() {
  const std::lock_guard<std::mutex> lock(mutex_);
  fault_.keep_from([this] { poll(); });
}

EnergyReading RaplMeter::read() {
  const std::lock_guard<std::mutex> lock(mutex_);
  fault_.tell();
  return poll();
}

}  // namespace clear_native

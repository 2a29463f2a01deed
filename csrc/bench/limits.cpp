#include "limits.hpp"

#include <cstdlib>

#include "core/errors.hpp"
#include "files.hpp"
#include "report/device_limits.hpp"

namespace clear_native::bench {

void add_limits(report::ReportFacts& facts) {
  const std::optional<std::string> gpu = report::text_of(facts.environment, "gpu");
  const std::optional<std::string> dtype = report::product_dtype(facts.workload.weights_dtype);
  if (!gpu || !dtype) return;
  const char* named = std::getenv(report::device_limits_variable);
  try {
    if (named != nullptr && *named != '\0') {
      const std::string uuid = report::text_of(facts.environment, "uuid").value_or("");
      facts.limits = report::measured_limits(text_of_file(named), named, uuid, *dtype);
    }
  } catch (const Error& error) {
    const std::string why = error.what();
    const bool is_named = why.starts_with(report::device_limits_variable);
    facts.warnings.push_back(is_named ? why : std::string(report::device_limits_variable) + ": " + why);
    return;
  }
  if (!facts.limits) facts.limits = report::published_limits(*gpu, *dtype);
}

}  // namespace clear_native::bench

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "core/errors.hpp"

namespace clear_native {
namespace {

TEST(Errors, EveryKindHasAPythonClassOfItsOwn) {
  const std::array kinds = {ErrorKind::bad_input,          ErrorKind::no_driver,
                            ErrorKind::sensor_unsupported, ErrorKind::sensor_permission,
                            ErrorKind::sensor_fault,       ErrorKind::mig_unsupported,
                            ErrorKind::device_lost,        ErrorKind::device_out_of_memory,
                            ErrorKind::capture_failed,     ErrorKind::cuda_error,
                            ErrorKind::workload_failed,    ErrorKind::interrupted};
  std::set<std::string> names;
  for (const ErrorKind kind : kinds) names.insert(python_class_name(kind));
  EXPECT_EQ(names.size(), kinds.size());
  EXPECT_EQ(names.count("ClearNativeError"), 0U) << "the base class stands for no kind";
}

TEST(Errors, CarryKindAndMessage) {
  const Error error(ErrorKind::sensor_fault, "it went back");
  EXPECT_EQ(error.kind(), ErrorKind::sensor_fault);
  EXPECT_STREQ(error.what(), "it went back");
  EXPECT_STREQ(python_class_name(error.kind()), "SensorFaultError");
}

}  // namespace
}  // namespace clear_native

#pragma once
// That something is refused, and that the message helps.

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "thrown.hpp"

namespace clear_native::testing {

template <class Call>
void expect_refused(Call call, std::initializer_list<std::string> told) {
  const Thrown thrown = thrown_by(call);
  ASSERT_EQ(thrown.kind, ErrorKind::bad_input);
  for (const std::string& text : told) EXPECT_NE(thrown.message.find(text), std::string::npos) << thrown.message;
}

}  // namespace clear_native::testing

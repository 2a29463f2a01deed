#include <dlfcn.h>
#include <gtest/gtest.h>

#include <memory>

namespace clear_native {
namespace {

constexpr const char* kOfCallOnce = "__once_proxy";

using Library = std::unique_ptr<void, int (*)(void*)>;

Library loaded(const char* path) {
  return {dlopen(path, RTLD_NOW | RTLD_LOCAL), &dlclose};
}

TEST(RuntimeInside, IsNotOfferedToLibrariesLoadedAfterIt) {
  const Library hidden = loaded(CLEAR_HIDDEN_RUNTIME);
  ASSERT_NE(hidden, nullptr) << dlerror();
  EXPECT_EQ(dlsym(hidden.get(), kOfCallOnce), nullptr);
  const auto answer = reinterpret_cast<int (*)()>(dlsym(hidden.get(), "answer"));
  ASSERT_NE(answer, nullptr) << "its own functions are";
  EXPECT_EQ(answer(), 42);
}

TEST(RuntimeInside, WouldBeOfferedElse) {
  const Library shown = loaded(CLEAR_SHOWN_RUNTIME);
  ASSERT_NE(shown, nullptr) << dlerror();
  EXPECT_NE(dlsym(shown.get(), kOfCallOnce), nullptr);
}

}  // namespace
}  // namespace clear_native

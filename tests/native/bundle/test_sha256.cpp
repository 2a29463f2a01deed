#include <gtest/gtest.h>

#include <span>
#include <string>

#include "bundle/sha256.hpp"

namespace clear_native::bundle {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

struct Vector {
  std::string message;
  std::string digest;
};

/// FIPS 180-4's examples as NIST publishes them (csrc.nist.gov, "Examples with Intermediate Values", SHA-256), the
/// empty message, and the million times 'a'.
std::vector<Vector> published() {
  return {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrs"
       "tu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
      {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
}

TEST(Sha256, GivesThePublishedDigests) {
  for (const auto& [message, digest] : published()) EXPECT_EQ(to_hex(sha256(bytes_of(message))), digest);
}

TEST(Sha256, GivesThePublishedDigestsInPortableCode) {
  for (const auto& [message, digest] : published()) {
    EXPECT_EQ(to_hex(detail::sha256_with(detail::sha256_blocks_portable, bytes_of(message))), digest);
  }
}

TEST(Sha256, IsTheSameWithTheProcessorsInstructions) {
  const auto blocks = detail::sha256_blocks_of_processor();
  if (blocks == nullptr) GTEST_SKIP() << "this processor has no instructions for SHA-256";
  std::string message;
  for (int length = 0; length < 300; ++length) {
    const auto bytes = bytes_of(message);
    ASSERT_EQ(detail::sha256_with(blocks, bytes), detail::sha256_with(detail::sha256_blocks_portable, bytes)) << length;
    message += static_cast<char>(37 * length + 11);
  }
}

TEST(Sha256, IsReadFromItsOwnHex) {
  const Digest digest = sha256(bytes_of("abc"));
  EXPECT_EQ(digest_from_hex(to_hex(digest)), digest);
  EXPECT_FALSE(digest_from_hex(""));
  EXPECT_FALSE(digest_from_hex(to_hex(digest) + "0"));
  EXPECT_FALSE(digest_from_hex("g" + to_hex(digest).substr(1)));
  EXPECT_FALSE(digest_from_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
}

}  // namespace
}  // namespace clear_native::bundle

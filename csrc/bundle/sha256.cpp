#include "sha256.hpp"

#include <bit>
#include <cstring>

#include "sha256_constants.hpp"

namespace clear_native::bundle {
namespace detail {
namespace {

constexpr std::size_t kBlock = 64;

std::uint32_t big_endian(const std::byte* data) {
  return std::to_integer<std::uint32_t>(data[0]) << 24U | std::to_integer<std::uint32_t>(data[1]) << 16U |
         std::to_integer<std::uint32_t>(data[2]) << 8U | std::to_integer<std::uint32_t>(data[3]);
}

void one_block(Sha256State& state, const std::byte* data) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; ++i) w[i] = big_endian(data + 4 * i);
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3U);
    const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10U);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kSha256Constants[i] + w[i];
    const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const Sha256State added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += added[i];
}

}  // namespace

void sha256_blocks_portable(Sha256State& state, const std::byte* data, std::size_t blocks) {
  for (std::size_t block = 0; block < blocks; ++block) one_block(state, data + kBlock * block);
}

Digest sha256_with(Sha256Blocks blocks, std::span<const std::byte> data) {
  Sha256State state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const std::size_t whole = data.size() / kBlock;
  if (whole > 0) blocks(state, data.data(), whole);
  // The rest, a one bit, zeros, and the length in bits: one block, or two where the length finds no room.
  std::array<std::byte, 2 * kBlock> tail{};
  const std::size_t rest = data.size() - whole * kBlock;
  if (rest > 0) std::memcpy(tail.data(), data.data() + whole * kBlock, rest);
  tail[rest] = std::byte{0x80};
  const std::size_t tail_bytes = rest + 9 <= kBlock ? kBlock : 2 * kBlock;
  const std::uint64_t bits = static_cast<std::uint64_t>(data.size()) * 8;
  for (std::size_t i = 0; i < 8; ++i) tail[tail_bytes - 1 - i] = static_cast<std::byte>(bits >> (8 * i));
  blocks(state, tail.data(), tail_bytes / kBlock);
  Digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  }
  return digest;
}

}  // namespace detail

Digest sha256(std::span<const std::byte> data) {
  static const detail::Sha256Blocks of_processor = detail::sha256_blocks_of_processor();
  return detail::sha256_with(of_processor != nullptr ? of_processor : detail::sha256_blocks_portable, data);
}

std::string to_hex(const Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::optional<Digest> digest_from_hex(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  Digest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = digits.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    digest[i / 2] = static_cast<std::uint8_t>(std::size_t{digest[i / 2]} * 16 + digit);
  }
  return digest;
}

}  // namespace clear_native::bundle

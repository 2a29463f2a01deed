#pragma once
// SHA-256 (FIPS 180-4), to tell whether a file is the one that was exported.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace clear_native::bundle {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::span<const std::byte> data);

std::string to_hex(const Digest& digest);
/// Absent: not 64 digits of 0-9, a-f.
std::optional<Digest> digest_from_hex(std::string_view text);

namespace detail {
using Sha256State = std::array<std::uint32_t, 8>;
/// Takes in whole blocks of 64 bytes.
using Sha256Blocks = void (*)(Sha256State& state, const std::byte* data, std::size_t blocks);

void sha256_blocks_portable(Sha256State& state, const std::byte* data, std::size_t blocks);
/// With the processor's own instructions; nullptr: it has none.
Sha256Blocks sha256_blocks_of_processor();
Digest sha256_with(Sha256Blocks blocks, std::span<const std::byte> data);
}  // namespace detail

}  // namespace clear_native::bundle

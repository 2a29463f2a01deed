// SHA-256 with the SHA extensions of x86-64, where the processor has them: five times as fast, which a bundle of
// gigabytes is verified with. The order of the instructions' operands is that of Intel's manual (SHA256RNDS2,
// SHA256MSG1, SHA256MSG2).

#include "sha256.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>

#include "sha256_constants.hpp"

namespace clear_native::bundle::detail {
namespace {

bool has_sha() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
  const bool ssse3_and_sse41 = (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  return ssse3_and_sse41 && (b & (1U << 29U)) != 0;
}

__attribute__((target("sha,sse4.1,ssse3"))) void blocks_x86(Sha256State& state, const std::byte* data,
                                                            std::size_t blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  auto* words = reinterpret_cast<__m128i*>(state.data());
  // The instructions take the state as (a b e f) and (c d g h), highest first.
  const __m128i dcba = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
  __m128i abef = _mm_alignr_epi8(dcba, hgfe, 8);
  __m128i cdgh = _mm_blend_epi16(hgfe, dcba, 0xf0);
  for (std::size_t block = 0; block < blocks; ++block, data += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i w[4];  // NOLINT(modernize-avoid-c-arrays): attributes of __m128i are lost as a template argument
    for (int i = 0; i < 4; ++i) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + i), swap);
    }
    for (int group = 0; group < 16; ++group) {  // of four rounds
      const __m128i now = w[group % 4];
      const auto* constants = reinterpret_cast<const __m128i*>(kSha256Constants.data()) + group;
      __m128i sum = _mm_add_epi32(now, _mm_load_si128(constants));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      sum = _mm_shuffle_epi32(sum, 0x0e);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, sum);
      if (group < 12) {  // the words four groups on take the place of these
        const __m128i last = w[(group + 3) % 4];
        __m128i next = _mm_sha256msg1_epu32(now, w[(group + 1) % 4]);
        next = _mm_add_epi32(next, _mm_alignr_epi8(last, w[(group + 2) % 4], 4));
        w[group % 4] = _mm_sha256msg2_epu32(next, last);
      }
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace

Sha256Blocks sha256_blocks_of_processor() {
  return has_sha() ? blocks_x86 : nullptr;
}

}  // namespace clear_native::bundle::detail

#else

namespace clear_native::bundle::detail {
Sha256Blocks sha256_blocks_of_processor() {
  return nullptr;
}
}  // namespace clear_native::bundle::detail

#endif

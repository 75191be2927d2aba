/*
 * digest.c - SHA-256 and CRC-32C, plain, and with the processor's own.
 *
 * Called by:  plan.c (reader, in the agent and the tools) and plan_write.c.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     safe.
 *
 * A library would be better kept, but the agent may need nothing beside libc:
 * whatever it loads becomes part of somebody else's service. A patch of a
 * thousand functions is half a megabyte, which plain code digests in 4 ms, twice
 * as long as the whole update may take: hence the second form of each.
 */
#include "digest.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>
#include <sys/platform/x86.h>

static const uint32_t sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t value, int by)
{
	return value >> by | value << (32 - by);
}

/*
 * The SHA extensions (SDM, SHA256RNDS2): two rounds an instruction, on the
 * state as ABEF and CDGH, with four message words in each of m[0..3].
 */
__attribute__((target("sha,sse4.1,ssse3")))
static void sha256_blocks_fast(uint32_t state[8], const uint8_t *p, size_t blocks)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i low = _mm_loadu_si128((const __m128i *)state);
	__m128i high = _mm_loadu_si128((const __m128i *)(state + 4));
	__m128i badc = _mm_shuffle_epi32(low, 0xb1);
	__m128i efgh = _mm_shuffle_epi32(high, 0x1b);
	__m128i abef = _mm_alignr_epi8(badc, efgh, 8);
	__m128i cdgh = _mm_blend_epi16(efgh, badc, 0xf0);

	for (; blocks > 0; blocks--, p += 64) {
		__m128i abef_was = abef, cdgh_was = cdgh, m[4];

#pragma GCC unroll 4
		for (int i = 0; i < 4; i++)
			m[i] = _mm_shuffle_epi8(
				_mm_loadu_si128((const __m128i *)p + i), swap);
		/* Else m[] would lie in memory, and it takes twice as long. */
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			__m128i *w = &m[i % 4], next = m[(i + 1) % 4];
			__m128i k = _mm_add_epi32(
				*w, _mm_loadu_si128((const __m128i *)sha256_k + i));

			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh,
						     _mm_shuffle_epi32(k, 0x0e));
			/* Words 16 ahead: w += s0(next) + w[-7] + s1(w[-2]). */
			*w = _mm_sha256msg1_epu32(*w, next);
			*w = _mm_add_epi32(*w, _mm_alignr_epi8(m[(i + 3) % 4],
							       m[(i + 2) % 4], 4));
			*w = _mm_sha256msg2_epu32(*w, m[(i + 3) % 4]);
		}
		abef = _mm_add_epi32(abef, abef_was);
		cdgh = _mm_add_epi32(cdgh, cdgh_was);
	}
	efgh = _mm_shuffle_epi32(abef, 0x1b);
	badc = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)state, _mm_blend_epi16(efgh, badc, 0xf0));
	_mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(badc, efgh, 8));
}

/*
 * As libc has found out when it was loaded: for each question to the processor a
 * virtual machine exits, which took 9 us a time, four times in every command and
 * in every process that it patched (measured). Nor is it __builtin_cpu_supports(),
 * which brings a constructor that asks again and again whenever the agent is loaded.
 */
static bool cpu_has_sha(void)
{
	return CPU_FEATURE_PRESENT(SHA) && CPU_FEATURE_PRESENT(SSE4_1);
}

static void sha256_block(struct sha256 *s, const uint8_t *p)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		       (uint32_t)p[2] << 8 | p[3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
	memcpy(v, s->state, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t e = v[4], a = v[0];
		uint32_t t1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			      ((e & v[5]) ^ (~e & v[6])) + sha256_k[i] + w[i];
		uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			      ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		s->state[i] += v[i];
}

void sha256_init(struct sha256 *s)
{
	static const uint32_t start[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memset(s, 0, sizeof(*s));
	memcpy(s->state, start, sizeof(start));
}

void sha256_add(struct sha256 *s, const void *data, size_t size)
{
	const uint8_t *p = data;
	bool fast = cpu_has_sha();

	while (size > 0) {
		size_t at = s->length % 64, part = 64 - at;

		if (at == 0 && size >= 64 && fast) {
			part = size & ~(size_t)63;
			sha256_blocks_fast(s->state, p, part / 64);
			s->length += part;
			p += part;
			size -= part;
			continue;
		}

		if (part > size)
			part = size;
		s->length += part;
		if (part == 64) {
			sha256_block(s, p);
		} else {
			memcpy(s->block + at, p, part);
			if (at + part == 64)
				sha256_block(s, s->block);
		}
		p += part;
		size -= part;
	}
}

void sha256_end(struct sha256 *s, uint8_t ret[DIGEST_SIZE])
{
	uint64_t bits = s->length * 8;
	uint8_t tail[72] = {0x80};
	size_t pad = 64 - (s->length + 8) % 64;

	for (int i = 0; i < 8; i++)
		tail[pad + i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_add(s, tail, pad + 8);
	for (int i = 0; i < DIGEST_SIZE; i++)
		ret[i] = (uint8_t)(s->state[i / 4] >> (24 - i % 4 * 8));
}

__attribute__((target("sse4.2")))
static uint32_t crc32c_fast(uint32_t crc, const uint8_t *p, size_t size)
{
	uint64_t wide = crc, word;

	for (; size >= 8; size -= 8, p += 8) {
		memcpy(&word, p, 8);
		wide = _mm_crc32_u64(wide, word);
	}
	for (crc = (uint32_t)wide; size > 0; size--)
		crc = _mm_crc32_u8(crc, *p++);
	return crc;
}

uint32_t crc32c(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t crc = ~0u;

	if (CPU_FEATURE_PRESENT(SSE4_2))
		return ~crc32c_fast(crc, p, size);
	while (size-- > 0) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

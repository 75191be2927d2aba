/*
 * digest.h - SHA-256 (FIPS 180-4) and CRC-32C (RFC 3720, appendix B.4).
 *
 * Included by: agent (which may depend on libc only, docs/design.md 3) and
 *              the tools, so that both compute the same.
 * Runs on:     any thread.
 * Locks:       none; no allocation.
 * Signal:      safe.
 */
#ifndef OPUS_DIGEST_H
#define OPUS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t size);
void sha256_end(struct sha256 *s, uint8_t ret[DIGEST_SIZE]);

/* CRC-32C of `size` bytes, the usual pre- and post-inversion included. */
uint32_t crc32c(const void *data, size_t size);

#endif

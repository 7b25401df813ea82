/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The Internet checksum (RFC 1071): ones' complement sums. Partial sums are 64 bits wide and do not depend on the machine's
 * byte order; weft_sum_store writes the finished checksum in wire order.
 */
#ifndef WEFT_CHECKSUM_H
#define WEFT_CHECKSUM_H

#include "weft_packet.h"

static inline uint16_t weft_sum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Adds `bytes` (< 2^31) at `at`; every part but the last has an even length. */
static inline uint64_t weft_sum(const void *at, uint32_t bytes, uint64_t sum)
{
	const uint8_t *byte = at;
	uint64_t lanes[4] = {0, 0, 0, 0};
	uint32_t word;
	uint16_t half = 0;

	while (bytes >= 16) {
		for (int lane = 0; lane < 4; lane++) {
			memcpy(&word, byte + 4 * lane, 4);
			lanes[lane] += word;
		}
		byte += 16;
		bytes -= 16;
	}
	sum = weft_sum_fold(sum) + lanes[0] + lanes[1] + lanes[2] + lanes[3];
	while (bytes >= 4) {
		memcpy(&word, byte, 4);
		sum += word;
		byte += 4;
		bytes -= 4;
	}
	if (bytes >= 2) {
		memcpy(&half, byte, 2);
		sum += half;
		byte += 2;
		bytes -= 2;
	}
	if (bytes) {
		half = 0;
		memcpy(&half, byte, 1);
		sum += half;
	}
	return sum;
}

/* True when the bytes with their checksum inside sum to all ones. */
static inline bool weft_sum_right(uint64_t sum)
{
	return weft_sum_fold(sum) == 0xffff;
}

static inline void weft_sum_store(void *field, uint64_t sum)
{
	uint16_t value = (uint16_t)~weft_sum_fold(sum);

	memcpy(field, &value, 2);
}

/* A 16-bit wire value as a part of a sum. */
static inline uint64_t weft_sum_of16(uint32_t value)
{
	weft_be16 wire = weft_be16_of(value);
	uint16_t half;

	memcpy(&half, &wire, 2);
	return half;
}

/* Changes a stored checksum for a 16-bit field that went from `before` to `after`, both as on the wire (RFC 1624, eqn. 3). */
static inline void weft_sum_replace16(void *field, uint16_t before, uint16_t after)
{
	uint16_t stored;

	memcpy(&stored, field, 2);
	weft_sum_store(field, (uint64_t)(uint16_t)~stored + (uint16_t)~before + after);
}

/* Pseudo header of RFC 9293 3.1 and RFC 8200 8.1. `bytes`: L4 header and payload. */
static inline uint64_t weft_sum_pseudo(uint8_t family, const uint8_t *source, const uint8_t *destination, uint8_t protocol,
				       uint32_t bytes)
{
	uint32_t address_bytes = family == 4 ? 4 : 16;
	uint64_t sum = weft_sum(source, address_bytes, 0);

	sum = weft_sum(destination, address_bytes, sum);
	return sum + weft_sum_of16(protocol) + weft_sum_of16(bytes >> 16) + weft_sum_of16(bytes & 0xffff);
}

#endif

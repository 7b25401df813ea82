/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Fuzz target: outer headers of a UDP GSO frame of the uplink (dpdk/split.c). What is accepted lies within the frame, and what
 * is written there is right: a second look says the same, and lengths and checksums are those of the payload. Input: u16
 * payload of a segment, u16 id, u8 partial, the frame.
 */
#include "fuzz_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../dpdk/split.h"

#define FRAME_MAX 65600u

static uint32_t sum_of(const uint8_t *at, uint32_t bytes, uint32_t sum)
{
	for (uint32_t i = 0; i < bytes; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weftd_outer outer, again;
	uint32_t payload, bytes;
	uint8_t *frame;

	if (size < 5 || size > FRAME_MAX)
		return 0;
	bytes = (uint32_t)size - 5;
	payload = data[0] | (uint32_t)data[1] << 8;
	frame = malloc(bytes ? bytes : 1);
	if (!frame)
		return 0;
	memcpy(frame, data + 5, bytes);
	if (weftd_outer_parse(frame, bytes, &outer)) {
		check(outer.bytes <= bytes && outer.udp + 8 == outer.bytes && outer.ip < outer.udp, "headers beyond the frame");
		weftd_outer_fix(frame, &outer, payload, (uint16_t)(data[2] | data[3] << 8), data[4] & 1);
		check(weftd_outer_parse(frame, bytes, &again) && !memcmp(&outer, &again, sizeof(outer)),
		      "headers changed their places");
		check(outer.v6 || sum_of(frame + outer.ip, (uint32_t)outer.udp - outer.ip, 0) == 0xffff,
		      "IPv4 header checksum");
		check(outer.v6 || weftd_outer_id(frame, &outer) == (uint16_t)(data[2] | data[3] << 8), "IPv4 identification");
	}
	free(frame);
	return 0;
}

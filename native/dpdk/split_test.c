/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Merging encapsulated packets behind one outer header and splitting the frame again gives the packets back; bad frames are refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "split.h"

#define FRAME_BYTES_MAX 65000u
#define ROUNDS 2000

#define CHECK(condition)                                                                                                          \
	do {                                                                                                                      \
		if (!(condition)) {                                                                                               \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                           \
			exit(1);                                                                                                  \
		}                                                                                                                 \
	} while (0)

static uint32_t sum_of(const uint8_t *at, uint32_t bytes)
{
	uint32_t sum = 0, index;

	for (index = 0; index < bytes; index += 2)
		sum += (uint32_t)(at[index] << 8 | at[index + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t header(uint8_t *frame, int v6)
{
	uint32_t index;

	for (index = 0; index < 62; index++)
		frame[index] = (uint8_t)rand();
	frame[12] = v6 ? 0x86 : 0x08;
	frame[13] = v6 ? 0xdd : 0x00;
	frame[14] = v6 ? 0x60 : 0x45;
	frame[20] = v6 ? 17 : 0x40;
	frame[21] = 0;
	if (!v6)
		frame[23] = 17;
	return v6 ? 62 : 42;
}

static void splitsWhatWasMerged(int v6)
{
	static uint8_t merged[FRAME_BYTES_MAX], single[FRAME_BYTES_MAX], again[FRAME_BYTES_MAX];
	uint32_t bytes = header(merged, v6), segment = 1 + (uint32_t)rand() % 9000, count = 1 + (uint32_t)rand() % 6, index;
	uint16_t id = (uint16_t)rand();
	struct weftd_outer outer;

	CHECK(weftd_outer_parse(merged, bytes, &outer));
	CHECK(outer.bytes == bytes && outer.v6 == (v6 != 0));
	memcpy(single, merged, bytes);
	weftd_outer_fix(merged, &outer, segment * count, id, true);
	for (index = 0; index < count; index++) {
		weftd_outer_fix(single, &outer, segment, (uint16_t)(id + index), false);
		memcpy(again, merged, bytes);
		weftd_outer_fix(again, &outer, segment, (uint16_t)(weftd_outer_id(merged, &outer) + index), false);
		CHECK(!memcmp(single, again, bytes));
		CHECK((uint32_t)(single[outer.udp + 4] << 8 | single[outer.udp + 5]) == segment + 8);
		CHECK(v6 || sum_of(single + 14, 20) == 0xffff);
		CHECK(!single[outer.udp + 6] && !single[outer.udp + 7]);
	}
	CHECK(v6 || (uint32_t)(merged[16] << 8 | merged[17]) == 28 + segment * count);
	CHECK(!v6 || (uint32_t)(merged[18] << 8 | merged[19]) == 8 + segment * count);
}

static void checksumOfMergedFrameIsThePseudoHeaderSum(void)
{
	/* 10.0.0.1 -> 10.0.0.2, UDP, length 8 + 100: 0a00+0001+0a00+0002+0011+006c = 1480 */
	static const uint8_t addresses[] = {10, 0, 0, 1, 10, 0, 0, 2};
	uint8_t frame[64];
	struct weftd_outer outer;

	header(frame, 0);
	memcpy(frame + 26, addresses, sizeof(addresses));
	CHECK(weftd_outer_parse(frame, 42, &outer));
	weftd_outer_fix(frame, &outer, 100, 1, true);
	CHECK(frame[40] == 0x14 && frame[41] == 0x80);
}

static void refusesCutAndForeignFrames(void)
{
	uint8_t frame[64], bad[64];
	struct weftd_outer outer;
	uint32_t bytes, length;
	int v6;

	for (v6 = 0; v6 < 2; v6++) {
		bytes = header(frame, v6);
		for (length = 0; length < bytes; length++)
			CHECK(!weftd_outer_parse(frame, length, &outer));
		CHECK(weftd_outer_parse(frame, bytes, &outer));
		memcpy(bad, frame, sizeof(bad));
		bad[v6 ? 20 : 23] = 6;
		CHECK(!weftd_outer_parse(bad, bytes, &outer));
		memcpy(bad, frame, sizeof(bad));
		bad[14] = v6 ? 0x40 : 0x44;
		CHECK(!weftd_outer_parse(bad, bytes, &outer));
	}
	header(frame, 0);
	frame[20] = 0x20; /* more fragments */
	CHECK(!weftd_outer_parse(frame, 42, &outer));
}

/* UDP inside VXLAN: its checksum, and then the outer one that the kernel made for a packet whose inner checksum is right. */
static void completesAnInnerChecksumThatIsMissing(int v6, uint32_t payload)
{
	static uint8_t frame[2048];
	uint32_t outer = header(frame, v6), inner = outer + 8 + 14 + 20, bytes = inner + 8 + payload, sum, at;

	for (at = outer; at < bytes; at++)
		frame[at] = (uint8_t)rand();
	frame[bytes] = 0;					    /* sum_of wants pairs */
	sum = (uint32_t)(frame[inner + 6] << 8 | frame[inner + 7]); /* of the pseudo header, as the kernel leaves it */
	CHECK(weftd_inner_complete(frame, bytes, inner, 6));
	/* all of it sums to what the pseudo header's sum left open */
	CHECK((sum_of(frame + inner, bytes - inner) + sum) % 0xffff == 0);
	/* the outer one, or what has no place in the frame, is left as it is */
	CHECK(!weftd_inner_complete(frame, bytes, outer - 8, 6));
	CHECK(!weftd_inner_complete(frame, bytes, bytes - 1, 6));
	CHECK(!weftd_inner_complete(frame, bytes, 0xffff, 0xffff));
	CHECK(!weftd_inner_complete(frame, 20, inner, 6));
	frame[12] = 0x12;
	CHECK(!weftd_inner_complete(frame, bytes, inner, 6));
}

static void aComputedZeroIsSentAsOnes(void)
{
	uint8_t frame[64] = {0};

	header(frame, 0);
	memset(frame + 42, 0, 22);
	frame[48] = frame[49] = 0xff; /* the rest is zero */
	CHECK(weftd_inner_complete(frame, 64, 42, 6) && frame[48] == 0xff && frame[49] == 0xff);
	CHECK(weftd_inner_complete(frame, 64, 42, 16) && !frame[58] && !frame[59]); /* TCP has no such rule */
}

int main(int count, char **values)
{
	unsigned int seed = count > 1 ? (unsigned int)strtoul(values[1], NULL, 10) : (unsigned int)time(NULL);
	int index;

	printf("seed %u\n", seed);
	srand(seed);
	for (index = 0; index < ROUNDS; index++)
		splitsWhatWasMerged(index & 1);
	for (index = 0; index < ROUNDS; index++)
		completesAnInnerChecksumThatIsMissing(index & 1, (uint32_t)rand() % 1400);
	aComputedZeroIsSentAsOnes();
	checksumOfMergedFrameIsThePseudoHeaderSum();
	refusesCutAndForeignFrames();
	printf("split: ok\n");
	return 0;
}

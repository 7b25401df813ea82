/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What the parts of the race test share: race_test.c runs the threads, translated.c has the traffic of services and NAT. */
#ifndef WEFT_RACE_H
#define WEFT_RACE_H

#include <string.h>

#include "host.h"

struct random {
	uint64_t state;
};

static inline uint32_t random_below(struct random *random, uint32_t limit)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return (uint32_t)(random->state >> 16) % limit;
}

static inline void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put_ipv4(uint8_t *ip, uint32_t bytes, uint32_t protocol, const uint8_t *source, const uint8_t *destination)
{
	uint32_t sum = 0;

	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, bytes);
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = (uint8_t)protocol;
	memcpy(ip + 12, source, 4);
	memcpy(ip + 16, destination, 4);
	for (uint32_t i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, 0xffff ^ sum);
}

extern struct weft_plane *race_plane;

/* The test has failed: the first reason is printed. */
void wrong(const char *what);
/* Control thread: one table line of the vectors. True: applied. What a line sets must be; the test has failed otherwise. */
bool change(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- translated.c ---- */
/* Tables of its own VRFs; before workers run. */
bool translated_load(void);
/* Worker thread: a packet of a connection to a service, through a floating IP or from a pool. Its bytes; *vif_id: where it
 * enters. */
uint32_t translated_frame(uint8_t *frame, struct random *random, bool back, uint32_t *vif_id);
/* Control thread: a change of services, of NAT. */
void translated_change_services(struct random *random);
void translated_change_nat(struct random *random);
/* Every worker has ended: what is counted is what is there, and nothing is held when every connection is gone. */
void translated_check(uint64_t now_ns);

#endif

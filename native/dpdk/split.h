/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* UDP segmentation on the uplink, as bytes: one frame with one outer header <-> the encapsulated packets it stands for. */
#ifndef WEFTD_SPLIT_H
#define WEFTD_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#define WEFTD_OUTER_BYTES_MAX 82u /* Ethernet, IPv4 with options or IPv6, UDP */

/* Where the outer headers of an Ethernet frame are. */
struct weftd_outer {
	uint8_t ip, udp, bytes; /* offsets of the IP and UDP headers; of what follows UDP */
	bool v6;
};

/* False: not Ethernet + IPv4 (not a fragment) or IPv6 + UDP, or cut. */
bool weftd_outer_parse(const uint8_t *frame, uint32_t bytes, struct weftd_outer *outer);

/*
 * Makes the headers at `frame` right for `payload` bytes behind UDP: IP and UDP lengths, IPv4 id and checksum. The UDP checksum
 * becomes zero, or with `partial` the sum of the pseudo header (what CHECKSUM_PARTIAL wants; RFC 768, RFC 8200 section 8.1).
 */
void weftd_outer_fix(uint8_t *frame, const struct weftd_outer *outer, uint32_t payload, uint16_t id, bool partial);
/*
 * A frame whose checksum from `start` on, at start + offset, is still to be computed (CHECKSUM_PARTIAL). When that is not the
 * one of what the outer IP header carries but a tunnel's inner one, it is computed: what says that it is missing goes with the
 * outer headers, and an outer UDP checksum counts on it (the kernel's local checksum offload). True: done.
 */
bool weftd_inner_complete(uint8_t *frame, uint32_t bytes, uint32_t start, uint32_t offset);
uint16_t weftd_outer_id(const uint8_t *frame, const struct weftd_outer *outer);

#endif

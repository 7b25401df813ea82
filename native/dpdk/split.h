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
uint16_t weftd_outer_id(const uint8_t *frame, const struct weftd_outer *outer);

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * TCP through a tunnel: the MSS option of a SYN, whichever way it goes, is lowered to what the tunnel takes (RFC 9293 3.7.1,
 * RFC 6691: options do not count), so that nobody depends on too-big messages that a firewall of the tenant may eat. Never
 * raised, never added.
 */
#include "worker.h"

#include "checksum.h"

#define OPTION_END 0u
#define OPTION_NOP 1u
#define OPTION_MSS 2u
#define OPTION_MSS_BYTES 4u

/* Offset of the option's two value bytes in the TCP header, 0: there is none. `bytes`: of the header. */
static uint32_t find_mss(const uint8_t *tcp, uint32_t bytes)
{
	uint32_t at = sizeof(struct weft_tcp);

	while (at < bytes && tcp[at] != OPTION_END) {
		uint32_t left = bytes - at, length = 1;

		if (tcp[at] != OPTION_NOP)
			length = left >= 2 ? tcp[at + 1] : 0;
		if (!length || length > left || (tcp[at] != OPTION_NOP && length < 2))
			return 0;
		if (tcp[at] == OPTION_MSS)
			return length == OPTION_MSS_BYTES ? at + 2 : 0;
		at += length;
	}
	return 0;
}

/* As it stands in the 16-bit words of the checksum: a value at an odd offset lies across two of them, bytes swapped (RFC 1071 2
 * B). */
static uint16_t in_words(uint32_t value, uint32_t at)
{
	weft_be16 wire = weft_be16_of(at & 1 ? (value >> 8 | value << 8) & 0xffff : value);
	uint16_t half;

	memcpy(&half, &wire, 2);
	return half;
}

void weft_mss_clamp_slow(struct weft_packet *packet, const struct weft_view *view, uint32_t mtu)
{
	uint32_t headers = (view->family == 4 ? 20u : 40u) + (uint32_t)sizeof(struct weft_tcp), at, mss, limit;
	uint8_t *bytes = packet->data + view->l4;
	struct weft_tcp *tcp = (void *)bytes;

	if (mtu <= headers || view->fragment == WEFT_FRAGMENT_LATER)
		return;
	limit = mtu - headers;
	at = find_mss(bytes, (uint32_t)view->payload - view->l4);
	if (!at)
		return;
	mss = (uint32_t)bytes[at] << 8 | bytes[at + 1];
	if (mss <= limit)
		return;
	bytes[at] = (uint8_t)(limit >> 8);
	bytes[at + 1] = (uint8_t)limit;
	/* a partial checksum holds the pseudo header alone */
	if (!(packet->flags & WEFT_PACKET_CSUM_PARTIAL))
		weft_sum_replace16(tcp->checksum, in_words(mss, at), in_words(limit, at));
}

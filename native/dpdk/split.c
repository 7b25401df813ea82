/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "split.h"

#include "weft_types.h"

#define ETHERNET_BYTES 14u
#define UDP_BYTES 8u
#define PROTOCOL_UDP 17u

static uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t sum16(const uint8_t *at, uint32_t bytes, uint32_t sum)
{
	uint32_t index;

	for (index = 0; index < bytes; index += 2)
		sum += get16(at + index);
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

bool weftd_outer_parse(const uint8_t *frame, uint32_t bytes, struct weftd_outer *outer)
{
	uint32_t header;

	if (bytes < ETHERNET_BYTES + 20 + UDP_BYTES)
		return false;
	outer->ip = ETHERNET_BYTES;
	outer->v6 = get16(frame + 12) == 0x86dd;
	if (outer->v6) {
		if (frame[14] >> 4 != 6 || frame[20] != PROTOCOL_UDP)
			return false;
		header = 40;
	} else {
		if (get16(frame + 12) != 0x0800 || frame[14] >> 4 != 4 || frame[23] != PROTOCOL_UDP)
			return false;
		if (get16(frame + 20) & 0x3fff)
			return false;
		header = (frame[14] & 15u) * 4;
		if (header < 20)
			return false;
	}
	outer->udp = (uint8_t)(ETHERNET_BYTES + header);
	outer->bytes = (uint8_t)(outer->udp + UDP_BYTES);
	return bytes >= outer->bytes;
}

uint16_t weftd_outer_id(const uint8_t *frame, const struct weftd_outer *outer)
{
	return outer->v6 ? 0 : get16(frame + outer->ip + 4);
}

void weftd_outer_fix(uint8_t *frame, const struct weftd_outer *outer, uint32_t payload, uint16_t id, bool partial)
{
	uint8_t *ip = frame + outer->ip, *udp = frame + outer->udp;
	uint32_t length = UDP_BYTES + payload, header = (uint32_t)outer->udp - outer->ip, sum;

	put16(udp + 4, length);
	put16(udp + 6, 0);
	if (outer->v6) {
		put16(ip + 4, length);
		sum = sum16(ip + 8, 32, 0);
	} else {
		put16(ip + 2, header + length);
		put16(ip + 4, id);
		put16(ip + 10, 0);
		put16(ip + 10, (uint16_t)~fold(sum16(ip, header, 0)));
		sum = sum16(ip + 12, 8, 0);
	}
	if (partial)
		put16(udp + 6, fold(sum + PROTOCOL_UDP + length));
}

/* Where the outer IP header's payload begins; 0: not IP, or cut. */
static uint32_t outer_l4(const uint8_t *frame, uint32_t bytes)
{
	uint32_t type = bytes < ETHERNET_BYTES + 20 ? 0 : get16(frame + 12);

	return type == 0x0800 ? ETHERNET_BYTES + (frame[14] & 15u) * 4 : type == 0x86dd ? ETHERNET_BYTES + 40 : 0;
}

bool weftd_inner_complete(uint8_t *frame, uint32_t bytes, uint32_t start, uint32_t offset)
{
	uint32_t l4 = outer_l4(frame, bytes), sum;
	uint16_t value;

	if (!l4 || start <= l4 || start + offset + 2 > bytes)
		return false;
	sum = sum16(frame + start, (bytes - start) & ~1u, 0);
	if ((bytes - start) & 1)
		sum += (uint32_t)frame[bytes - 1] << 8;
	value = (uint16_t)~fold(sum);
	put16(frame + start + offset, value || offset != 6 ? value : 0xffff); /* RFC 768: a computed zero is sent as ones */
	return true;
}

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Outer fragments become their packet again (RFC 791 3.2, RFC 8200 4.5, RFC 5722). Fragments are copied, never kept: a worker's
 * memory for it is fixed, no device waits for a buffer, and every fragment is counted when it is freed. All fragments of a
 * packet come to one worker: a device spreads them by their addresses alone.
 */
#include "worker.h"

#include "checksum.h"

#define KEPT_NS 2000000000ull
#define RANGES_MAX WEFT_REASSEMBLY_RANGES

static bool matches(const struct weft_reassembly *kept, const struct weft_underlay *underlay)
{
	return kept->id == underlay->id && kept->family == underlay->family && kept->protocol == underlay->protocol &&
	       !memcmp(kept->source, underlay->source, 16);
}

static void give_up(struct weft_worker *worker, struct weft_reassembly *kept)
{
	if (kept->expires_ns && !kept->broken)
		weft_count(&worker->reassembly_failures, 1);
	kept->expires_ns = 0;
}

static struct weft_reassembly *begin(struct weft_worker *worker, struct weft_reassembly *kept,
				     const struct weft_underlay *underlay)
{
	give_up(worker, kept);
	kept->expires_ns = worker->now_ns + KEPT_NS;
	kept->id = underlay->id;
	kept->family = underlay->family;
	kept->protocol = underlay->protocol;
	memcpy(kept->source, underlay->source, 16);
	kept->range_count = kept->total = kept->header_bytes = 0;
	kept->marks = 0;
	kept->broken = false;
	return kept;
}

/* The packet's place; of none: a free one, else that of the oldest. */
static struct weft_reassembly *place_of(struct weft_worker *worker, const struct weft_underlay *underlay)
{
	struct weft_reassembly *oldest = &worker->reassemblies[0], *kept;

	for (uint32_t i = 0; i < WEFT_REASSEMBLIES; i++) {
		kept = &worker->reassemblies[i];
		if (kept->expires_ns && kept->expires_ns <= worker->now_ns)
			give_up(worker, kept);
		if (kept->expires_ns && matches(kept, underlay))
			return kept;
		if (kept->expires_ns < oldest->expires_ns)
			oldest = kept;
	}
	return begin(worker, oldest, underlay);
}

/* Nothing of this packet is used any more, nor what is still to come of it (RFC 5722 4). */
static enum weft_drop spoil(struct weft_worker *worker, struct weft_reassembly *kept, enum weft_drop reason)
{
	if (!kept->broken)
		weft_count(&worker->reassembly_failures, 1);
	kept->broken = true;
	return reason;
}

/* Notes [from, to) among the ranges that are there, which are apart and ascending. */
static enum weft_drop note_range(struct weft_reassembly *kept, uint32_t from, uint32_t to)
{
	struct weft_range *ranges = kept->ranges;
	uint32_t at = 0, count = kept->range_count;
	bool joins_before, joins_after;

	while (at < count && ranges[at].to <= from)
		at++;
	if (at < count && ranges[at].from < to)
		return WEFT_DROP_OUTER_FRAGMENT_OVERLAP;
	joins_before = at > 0 && ranges[at - 1].to == from;
	joins_after = at < count && ranges[at].from == to;
	if (joins_before && joins_after) {
		ranges[at - 1].to = ranges[at].to;
		memmove(&ranges[at], &ranges[at + 1], (count - at - 1) * sizeof(ranges[0]));
		kept->range_count--;
	} else if (joins_before) {
		ranges[at - 1].to = (uint16_t)to;
	} else if (joins_after) {
		ranges[at].from = (uint16_t)from;
	} else {
		if (count == RANGES_MAX)
			return WEFT_DROP_OUTER_FRAGMENT_LIMIT;
		memmove(&ranges[at + 1], &ranges[at], (count - at) * sizeof(ranges[0]));
		ranges[at] = (struct weft_range){(uint16_t)from, (uint16_t)to};
		kept->range_count++;
	}
	return WEFT_DROP_NONE;
}

/* The first fragment's Ethernet and IP headers are the whole packet's, an IPv6 fragment header apart. */
static void keep_headers(struct weft_reassembly *kept, const struct weft_packet *fragment, const struct weft_underlay *underlay)
{
	kept->header_bytes = (uint16_t)(underlay->family == 4 ? underlay->l4 : WEFT_L3 + sizeof(struct weft_ipv6));
	memcpy(kept->headers, fragment->data, kept->header_bytes);
}

static enum weft_drop add(struct weft_worker *worker, struct weft_reassembly *kept, const struct weft_packet *fragment,
			  const struct weft_underlay *underlay)
{
	uint32_t bytes = underlay->end - underlay->l4, to = underlay->offset + bytes;
	enum weft_drop reason;

	if (kept->broken)
		return WEFT_DROP_OUTER_FRAGMENT_OVERLAP;
	if (to > WEFT_OUTER_WHOLE_MAX - 20u) /* nothing of it is kept: what is left out is missed in time */
		return WEFT_DROP_OUTER_FRAGMENT_LIMIT;
	if (!underlay->more && kept->total && kept->total != to)
		return spoil(worker, kept, WEFT_DROP_OUTER_FRAGMENT_OVERLAP);
	if ((kept->total && to > kept->total) ||
	    (!underlay->more && kept->range_count && kept->ranges[kept->range_count - 1].to > to))
		return spoil(worker, kept, WEFT_DROP_OUTER_FRAGMENT_OVERLAP);
	reason = note_range(kept, underlay->offset, to);
	if (reason)
		return spoil(worker, kept, reason);
	if (!underlay->more)
		kept->total = (uint16_t)to;
	if (!underlay->offset)
		keep_headers(kept, fragment, underlay);
	kept->marks |= (uint8_t)(1u << (underlay->tos & 3));
	weft_host_packet_copy_out(fragment, underlay->l4, kept->payload + underlay->offset, bytes);
	return WEFT_DROP_NONE;
}

/* RFC 3168 5.3: a mark on one fragment is a mark on the packet; with Not-ECT beside it there is no right answer. False: drop.
 */
static bool join_marks(const struct weft_reassembly *kept, uint8_t *tos)
{
	if (!(kept->marks & 8))
		return true;
	*tos |= 3;
	return !(kept->marks & 1);
}

static void fix_headers(const struct weft_reassembly *kept, struct weft_packet *whole, uint8_t tos)
{
	if (kept->family == 4) {
		struct weft_ipv4 *ip = weft_ipv4_at(whole);
		uint32_t header = kept->header_bytes - WEFT_L3;

		ip->total = weft_be16_of(header + kept->total);
		ip->fragment = weft_be16_of(0);
		ip->tos = tos;
		memset(ip->checksum, 0, 2);
		weft_sum_store(ip->checksum, weft_sum(ip, header, 0));
	} else {
		struct weft_ipv6 *ip = weft_ipv6_at(whole);

		ip->payload = weft_be16_of(kept->total);
		ip->next = kept->protocol;
		weft_ipv6_class_set(ip, tos);
	}
}

/* Everything is there. */
static enum weft_drop finish(struct weft_worker *worker, struct weft_reassembly *kept, struct weft_packet **packet)
{
	struct weft_packet *whole, *last = *packet;
	uint8_t tos;

	kept->expires_ns = 0;
	if (kept->header_bytes - WEFT_L3 + kept->total > WEFT_OUTER_WHOLE_MAX) {
		weft_count(&worker->reassembly_failures, 1);
		return WEFT_DROP_OUTER_FRAGMENT_LIMIT;
	}
	whole = weft_packet_make(worker, (uint32_t)kept->header_bytes + kept->total);
	if (!whole) {
		weft_count(&worker->reassembly_failures, 1);
		return WEFT_DROP_NO_MEMORY;
	}
	memcpy(whole->data, kept->headers, kept->header_bytes);
	memcpy(whole->data + kept->header_bytes, kept->payload, kept->total);
	tos = kept->family == 4 ? weft_ipv4_at(whole)->tos : weft_ipv6_class(weft_ipv6_at(whole));
	if (!join_marks(kept, &tos)) {
		weft_count(&worker->reassembly_failures, 1);
		weft_packet_gone(worker, whole);
		return WEFT_DROP_CONGESTION_MARK;
	}
	fix_headers(kept, whole, tos);
	whole->vif_id = last->vif_id;
	weft_count(&worker->reassembled, 1);
	weft_packet_gone(worker, last);
	*packet = whole;
	return WEFT_DROP_NONE;
}

enum weft_drop weft_reassemble(struct weft_worker *worker, struct weft_packet *fragment, const struct weft_underlay *underlay,
			       struct weft_packet **whole)
{
	uint32_t bytes = underlay->end - underlay->l4;
	struct weft_reassembly *kept;
	enum weft_drop reason;

	if (!bytes || (underlay->more && bytes & 7) || underlay->offset + bytes > 65535u)
		return WEFT_DROP_OUTER_FRAGMENT_MALFORMED;
	if (!underlay->offset && !underlay->more) /* RFC 6946: an atomic fragment is no part of anything */
		kept = begin(worker, &worker->reassemblies[WEFT_REASSEMBLIES], underlay);
	else
		kept = place_of(worker, underlay);
	reason = add(worker, kept, fragment, underlay);
	if (reason)
		return reason;
	if (!kept->total || kept->range_count != 1 || kept->ranges[0].from || kept->ranges[0].to != kept->total)
		return WEFT_DROP_OUTER_FRAGMENT;
	*whole = fragment;
	return finish(worker, kept, whole);
}

void weft_worker_reassembly(const void *memory, uint64_t *reassembled, uint64_t *failures)
{
	const struct weft_worker *worker = memory;

	*reassembled += __atomic_load_n(&worker->reassembled, __ATOMIC_RELAXED);
	*failures += __atomic_load_n(&worker->reassembly_failures, __ATOMIC_RELAXED);
}

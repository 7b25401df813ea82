/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>

#define VIFS_MAX 64u
#define ANSWER_BYTES 16384u
#define BURST_BYTES_DENSE 300u /* beyond this a long packet is cut at every 97th byte only */

struct player {
	const struct vector *vector;
	struct weft_host_plane *host;
	const struct vector_step *burst[WEFT_BURST_MAX];
	uint32_t burst_count, linear;
	uint64_t expected[VIFS_MAX][WEFT_DROP_LIMIT];
	uint64_t now_ns;
	char *text;
};

static uint8_t frame[VECTOR_FRAME_MAX + 256];

bool play_message(struct weft_host_plane *host, const void *message, uint32_t bytes, char *text)
{
	static uint64_t request[(VECTOR_MESSAGE_MAX + 64) / 8], answer[ANSWER_BYTES / 8];
	struct weft_frame_header *header = (void *)request;
	const struct weft_message_header *first = (const void *)((uint8_t *)answer + sizeof(*header));

	memset(request, 0, sizeof(request));
	header->bytes = (uint32_t)sizeof(*header) + bytes;
	header->message_count = 1;
	memcpy(header + 1, message, bytes);
	weft_host_plane_call(host, request, header->bytes, answer, ANSWER_BYTES);
	if (first->object == WEFT_OBJECT_DONE)
		return true;
	if (first->object == WEFT_OBJECT_ERROR)
		snprintf(text, VECTOR_TEXT_MAX, "%.112s", ((const struct weft_error_msg *)(const void *)(first + 1))->text);
	else
		snprintf(text, VECTOR_TEXT_MAX, "unexpected answer %u", first->object);
	return false;
}

void play_drops(struct weft_host_plane *host, uint32_t vif_id, uint64_t drops[WEFT_DROP_LIMIT])
{
	static uint64_t answer[ANSWER_BYTES / 8];
	struct {
		struct weft_frame_header frame;
		struct weft_message_header message;
		struct weft_dump_msg dump;
	} request;
	const uint8_t *at = (const uint8_t *)answer + sizeof(struct weft_frame_header), *end;

	memset(&request, 0, sizeof(request));
	memset(drops, 0, WEFT_DROP_LIMIT * sizeof(*drops));
	request.frame = (struct weft_frame_header){.bytes = sizeof(request), .message_count = 1};
	request.message = (struct weft_message_header){
	    .object = WEFT_OBJECT_DROP, .operation = WEFT_OPERATION_DUMP, .bytes = sizeof(request) - sizeof(request.frame)};
	request.dump.vrf_id = vif_id;
	end = (const uint8_t *)answer + weft_host_plane_call(host, &request, sizeof(request), answer, ANSWER_BYTES);
	while (at < end) {
		const struct weft_message_header *header = (const void *)at;
		const struct weft_drop_msg *drop = (const void *)(header + 1);

		if (header->object == WEFT_OBJECT_DROP && drop->reason < WEFT_DROP_LIMIT)
			drops[drop->reason] += drop->packets;
		at += header->bytes;
	}
}

bool play_balanced(struct weft_host_plane *host, char *text)
{
	struct weft_plane_msg all;

	weft_plane_state(weft_host_plane_core(host), &all);
	if (all.packets_received + all.packets_made ==
	    all.packets_sent + all.packets_dropped + all.packets_gone + all.fragments_waiting)
		return true;
	snprintf(text, VECTOR_TEXT_MAX, "%llu packets came, %llu were made; %llu sent, %llu dropped, %llu gone, %u wait",
		 (unsigned long long)all.packets_received, (unsigned long long)all.packets_made,
		 (unsigned long long)all.packets_sent, (unsigned long long)all.packets_dropped,
		 (unsigned long long)all.packets_gone, all.fragments_waiting);
	return false;
}

uint32_t play_drain(struct weft_host_plane *host)
{
	uint32_t count = 0;

	for (uint32_t vif_id = 0; vif_id < VIFS_MAX; vif_id++) {
		while (weft_host_plane_collect(host, vif_id, NULL, frame, sizeof(frame)) > 0)
			count++;
	}
	return count;
}

static bool wrong(struct player *player, const struct vector_step *step, const char *what)
{
	char inner[VECTOR_TEXT_MAX];

	snprintf(inner, sizeof(inner), "%s", what);
	snprintf(player->text, VECTOR_TEXT_MAX, "line %u: %.140s", step ? step->line : 0, inner);
	return false;
}

static bool play_burst(struct player *player)
{
	const void *frames[WEFT_BURST_MAX];
	struct weft_packet metadata[WEFT_BURST_MAX];
	uint32_t bytes[WEFT_BURST_MAX], count = player->burst_count;
	int result = 0;

	if (!count)
		return true;
	player->burst_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		frames[i] = player->burst[i]->bytes;
		bytes[i] = player->burst[i]->byte_count;
		metadata[i] = player->burst[i]->metadata;
	}
	if (count == 1)
		result = weft_host_plane_inject_packet(player->host, player->burst[0]->vif_id, &metadata[0], frames[0],
						       bytes[0], player->linear < bytes[0] ? player->linear : 0);
	else
		result = weft_host_plane_inject_burst(player->host, player->burst[0]->vif_id, metadata, frames, bytes, count);
	return result ? wrong(player, player->burst[0], "the host library refused the packet") : true;
}

/* The place where frame and expectation part, in words. */
static bool compare(struct player *player, const struct vector_step *step, const struct weft_packet *got, uint32_t bytes)
{
	const struct weft_packet *want = &step->metadata;
	uint16_t flags = WEFT_PACKET_CSUM_PARTIAL | WEFT_PACKET_TRAIN;
	char what[VECTOR_TEXT_MAX];

	for (uint32_t i = 0; i < bytes && i < step->byte_count; i++) {
		if ((frame[i] ^ step->bytes[i]) & step->mask[i]) {
			snprintf(what, sizeof(what), "out %u: byte %u is %02x, want %02x (%u bytes, want %u)", step->vif_id, i,
				 frame[i], step->bytes[i], bytes, step->byte_count);
			return wrong(player, step, what);
		}
	}
	if (bytes != step->byte_count) {
		snprintf(what, sizeof(what), "out %u: %u bytes, want %u", step->vif_id, bytes, step->byte_count);
		return wrong(player, step, what);
	}
	if ((got->flags & flags) != (want->flags & flags) || got->gso != want->gso ||
	    (want->gso && got->gso_size != want->gso_size) ||
	    ((want->flags & WEFT_PACKET_CSUM_PARTIAL) &&
	     (got->csum_start != want->csum_start || got->csum_offset != want->csum_offset))) {
		snprintf(what, sizeof(what), "out %u: flags %x gso %u/%u csum %u+%u, want %x %u/%u %u+%u", step->vif_id,
			 got->flags & flags, got->gso, got->gso_size, got->csum_start, got->csum_offset, want->flags & flags,
			 want->gso, want->gso_size, want->csum_start, want->csum_offset);
		return wrong(player, step, what);
	}
	return true;
}

static bool play_out(struct player *player, const struct vector_step *step)
{
	struct weft_packet got;
	int64_t bytes;
	char what[VECTOR_TEXT_MAX];

	memset(&got, 0, sizeof(got));
	bytes = weft_host_plane_collect(player->host, step->vif_id, &got, frame, sizeof(frame));
	if (bytes <= 0) {
		uint64_t drops[WEFT_DROP_LIMIT];
		const char *name = "none";

		play_drops(player->host, 0xffffffff, drops);
		for (uint32_t reason = 1; reason < WEFT_DROP_LIMIT; reason++) {
			if (drops[reason])
				name = weft_drop_name(reason);
		}
		snprintf(what, sizeof(what), "out %u: nothing came (%lld), drops: %s", step->vif_id, (long long)bytes, name);
		return wrong(player, step, what);
	}
	return compare(player, step, &got, (uint32_t)bytes);
}

static bool play_end(struct player *player)
{
	char what[VECTOR_TEXT_MAX];

	for (uint32_t vif_id = 0; vif_id < VIFS_MAX; vif_id++) {
		uint64_t drops[WEFT_DROP_LIMIT];

		play_drops(player->host, vif_id, drops);
		for (uint32_t reason = 0; reason < WEFT_DROP_LIMIT; reason++) {
			if (drops[reason] == player->expected[vif_id][reason])
				continue;
			snprintf(what, sizeof(what), "vif %u dropped %llu packets as %s, want %llu", vif_id,
				 (unsigned long long)drops[reason], weft_drop_name(reason),
				 (unsigned long long)player->expected[vif_id][reason]);
			return wrong(player, NULL, what);
		}
	}
	if (play_drain(player->host))
		return wrong(player, NULL, "more packets went out than expected");
	if (weft_host_plane_packets_live(player->host))
		return wrong(player, NULL, "packets leaked");
	return play_balanced(player->host, what) || wrong(player, NULL, what);
}

/* One step; `strict`: outputs are compared, else thrown away. */
static bool play_step(struct player *player, const struct vector_step *step, bool strict)
{
	char text[VECTOR_TEXT_MAX] = "";

	if (step->kind == VECTOR_IN && (!player->burst_count || player->burst[0]->vif_id == step->vif_id) &&
	    player->burst_count < WEFT_BURST_MAX) {
		player->burst[player->burst_count++] = step;
		return true;
	}
	if (!play_burst(player))
		return false;
	switch (step->kind) {
	case VECTOR_IN:
		player->burst[player->burst_count++] = step;
		return true;
	case VECTOR_TABLE:
		return play_message(player->host, step->bytes, step->byte_count, text) ? true : wrong(player, step, text);
	case VECTOR_OUT:
		return strict ? play_out(player, step) : true;
	case VECTOR_DROP:
		player->expected[step->vif_id % VIFS_MAX][step->reason] += step->count;
		return true;
	case VECTOR_TIME:
		player->now_ns += step->count * 1000000;
		return weft_host_plane_advance(player->host, player->now_ns) == 0;
	case VECTOR_PLAY:
		return true;
	}
	return false;
}

static bool open_player(struct player *player, const struct vector *vector, char *text)
{
	struct weft_host_plane_options options = {.random_seed = 1, .now_ns = 1000000000ull, .connections_max = 1024};

	memset(player, 0, sizeof(*player));
	player->vector = vector;
	player->text = text;
	player->now_ns = options.now_ns;
	player->host = weft_host_plane_open_with(&options);
	return player->host ? true : wrong(player, NULL, "no memory for a plane");
}

bool play_vector(const struct vector *vector, uint32_t linear, char *text)
{
	static struct player player;
	bool good = open_player(&player, vector, text);

	player.linear = linear;
	for (uint32_t i = 0; good && i < vector->step_count; i++)
		good = play_step(&player, &vector->steps[i], true);
	good = good && play_burst(&player) && play_end(&player);
	weft_host_plane_close(player.host);
	return good;
}

/* A packet that is not as the vector has it: whatever becomes of it is counted, and no buffer is lost. */
static bool play_odd(struct player *player, const struct vector_step *step, const uint8_t *bytes, uint32_t count,
		     const char *how, uint32_t where)
{
	char what[VECTOR_TEXT_MAX], unbalanced[VECTOR_TEXT_MAX] = "packets leaked";
	struct weft_plane_msg all;

	if (weft_host_plane_inject_packet(player->host, step->vif_id, &step->metadata, bytes, count, 0))
		return wrong(player, step, "the host library refused the packet");
	play_drain(player->host);
	weft_plane_state(weft_host_plane_core(player->host), &all);
	if (play_balanced(player->host, unbalanced) && weft_host_plane_packets_live(player->host) == all.fragments_waiting)
		return true;
	snprintf(what, sizeof(what), "%s %u: %.100s", how, where, unbalanced);
	return wrong(player, step, what);
}

static bool play_cuts(struct player *player, const struct vector_step *step)
{
	bool good = true;

	for (uint32_t bytes = 1; good && bytes < step->byte_count; bytes += bytes < BURST_BYTES_DENSE ? 1 : 97)
		good = play_odd(player, step, step->bytes, bytes, "cut at", bytes);
	return good;
}

/* Offsets of 16-bit fields; IPv4's header length and TCP's data offset are the high byte's nibbles. */
struct fields {
	uint32_t at[16], count;
};

static void field(struct fields *fields, uint32_t at, uint32_t limit)
{
	if (at + 2 <= limit && fields->count < WEFT_ARRAY_COUNT(fields->at))
		fields->at[fields->count++] = at;
}

static void find_fields(struct fields *fields, const uint8_t *packet, uint32_t ip, uint32_t limit);

/* What a tunnel carries, when the payload of this UDP or GRE header is one. */
static void find_inner(struct fields *fields, const uint8_t *packet, uint32_t l4, bool gre, uint32_t limit)
{
	uint32_t port = l4 + 4 <= limit ? (uint32_t)packet[l4 + 2] << 8 | packet[l4 + 3] : 0;

	if (gre || port == 6635) { /* the label stack: its bottom bit and TTL */
		field(fields, l4, limit);
		field(fields, l4 + (gre ? 6 : 10), limit);
		find_fields(fields, packet, l4 + (gre ? 8 : 12), limit);
	} else if (port == 4789) {
		field(fields, l4 + 8, limit); /* flags */
		field(fields, l4 + 12, limit);
		find_fields(fields, packet, l4 + 30, limit);
	}
}

/* Every length there is in the headers from the IP header on: version and header length, total, payload, UDP, TCP offset,
 * options. */
static void find_fields(struct fields *fields, const uint8_t *packet, uint32_t ip, uint32_t limit)
{
	uint32_t version = ip < limit ? packet[ip] >> 4 : 0, l4, protocol;

	if (ip + 20 > limit || (version != 4 && version != 6))
		return;
	l4 = ip + (version == 4 ? (packet[ip] & 15u) * 4 : 40);
	protocol = packet[ip + (version == 4 ? 9 : 6)];
	field(fields, ip, limit);
	field(fields, ip + (version == 4 ? 2 : 4), limit);
	if (version == 4)
		field(fields, ip + 6, limit); /* fragment */
	if (version == 6 && (protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60))
		field(fields, l4, limit); /* extension header: next and its length */
	if (protocol == 17) {
		field(fields, l4 + 4, limit);
		find_inner(fields, packet, l4, false, limit);
	} else if (protocol == 6) {
		field(fields, l4 + 12, limit);
		field(fields, l4 + 20, limit);
	} else if (protocol == 47) {
		find_inner(fields, packet, l4, true, limit);
	} else if (protocol == 1 || protocol == 58) {
		field(fields, l4, limit);
		find_fields(fields, packet, l4 + 8, limit); /* what an error quotes */
	}
}

/* The IPv4 header checksum at `ip`, so that the packet is not dropped for that alone. */
static void put_sum(uint8_t *packet, uint32_t ip, uint32_t limit)
{
	uint32_t bytes, sum = 0;

	if (ip + 20 > limit || packet[ip] >> 4 != 4)
		return;
	bytes = (packet[ip] & 15u) * 4;
	if (bytes < 20 || ip + bytes > limit)
		return;
	packet[ip + 10] = packet[ip + 11] = 0;
	for (uint32_t i = 0; i < bytes; i += 2)
		sum += (uint32_t)packet[ip + i] << 8 | packet[ip + i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	packet[ip + 10] = (uint8_t)(~sum >> 8);
	packet[ip + 11] = (uint8_t)~sum;
}

static bool play_corrupted(struct player *player, const struct vector_step *step, const struct fields *fields, uint32_t index)
{
	static uint8_t odd[VECTOR_FRAME_MAX];
	const uint8_t *field_at = step->bytes + fields->at[index];
	uint32_t at = fields->at[index], was = (uint32_t)field_at[0] << 8 | field_at[1];
	const uint32_t values[] = {0,
				   1,
				   was - 1,
				   was + 1,
				   7,
				   8,
				   19,
				   20,
				   0x7fff,
				   0x8000,
				   0xffff,
				   0x00ff,
				   0xff00,
				   was ^ 0xf000,
				   was ^ 0x0f00,
				   was ^ 0x4000,
				   was * 2,
				   step->byte_count};
	bool good = true;

	for (uint32_t i = 0; good && i < 2 * WEFT_ARRAY_COUNT(values); i++) {
		uint32_t value = values[i / 2];

		memcpy(odd, step->bytes, step->byte_count);
		odd[at] = (uint8_t)(value >> 8);
		odd[at + 1] = (uint8_t)value;
		for (uint32_t ip = 0; i % 2 && ip < fields->count; ip++)
			put_sum(odd, fields->at[ip], step->byte_count);
		good = play_odd(player, step, odd, step->byte_count, "a length changed at", at);
	}
	return good;
}

static bool play_lengths(struct player *player, const struct vector_step *step)
{
	struct fields fields = {.count = 0};
	bool good = true;

	field(&fields, 12, step->byte_count); /* EtherType */
	find_fields(&fields, step->bytes, 14, step->byte_count);
	for (uint32_t i = 0; good && i < fields.count; i++)
		good = play_corrupted(player, step, &fields, i);
	return good;
}

static bool play_each(const struct vector *vector, bool (*odd)(struct player *player, const struct vector_step *step),
		      char *text)
{
	static struct player player;
	bool good = open_player(&player, vector, text);

	for (uint32_t i = 0; good && i < vector->step_count; i++) {
		const struct vector_step *step = &vector->steps[i];

		if (step->kind == VECTOR_IN)
			good = odd(&player, step);
		good = good && play_step(&player, step, false);
		if (good && step->kind == VECTOR_IN) {
			good = play_burst(&player);
			play_drain(player.host);
		}
	}
	weft_host_plane_close(player.host);
	return good;
}

bool play_truncated(const struct vector *vector, char *text)
{
	return play_each(vector, play_cuts, text);
}
bool play_wrong_lengths(const struct vector *vector, char *text)
{
	return play_each(vector, play_lengths, text);
}

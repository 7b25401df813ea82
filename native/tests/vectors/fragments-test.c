/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Random datagrams as fragments in any order, some twice, some lost, received by either of two workers: what comes out is what
 * a list says, in which every fragment waits for its first one. fragments-test BASE.TABLES; the seed is printed, WEFT_TEST_SEED
 * repeats it.
 */
#include "play.h"

#include "../unit/test.h"
#include "weft_host.h"

#define SECOND_NS 1000000000ull
#define OPEN_MAX 6u
#define PIECES_MAX 9u
#define ROUNDS 3000u

static struct vector tables;
static struct weft_host_plane *host;
static uint64_t now_ns;
static uint8_t frame[2048], out[2048];

/* The twin of one datagram. */
struct twin {
	bool v6, open, first_came;
	uint32_t id, pieces, cuts[PIECES_MAX + 1];
	uint32_t came;		     /* bits of pieces */
	uint32_t waiting, order[64]; /* those that wait, as they came */
};
static struct twin twins[OPEN_MAX];
static uint32_t next_id, lost, passed;

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* From A (port 1) to B (port 2); the payload's bytes say which fragment this is. */
static uint32_t make(const struct twin *twin, uint32_t piece)
{
	static const uint8_t ethernet[12] = {0, 0, 0x5e, 0, 1, 0, 2, 0, 0, 0, 0, 0x11};
	uint32_t from = twin->cuts[piece], bytes = twin->cuts[piece + 1] - from, header = twin->v6 ? 48 : 20, sum = 0;
	uint32_t field = from / 8 | (piece + 1 < twin->pieces ? 0x2000u : 0);
	uint8_t *ip = frame + 14, *data = ip + header;

	memset(frame, 0, sizeof(frame));
	memcpy(frame, ethernet, sizeof(ethernet));
	put16(frame + 12, twin->v6 ? 0x86dd : 0x0800);
	if (twin->v6) {
		ip[0] = 0x60;
		put16(ip + 4, 8 + bytes);
		ip[6] = 44;
		ip[7] = 64;
		ip[8] = ip[24] = 0xfd;
		ip[11] = ip[27] = 1;
		ip[23] = 3;
		ip[39] = 4;
		ip[40] = 17;
		put16(ip + 42, from | (piece + 1 < twin->pieces));
		put16(ip + 46, twin->id);
	} else {
		ip[0] = 0x45;
		put16(ip + 2, 20 + bytes);
		put16(ip + 4, twin->id);
		put16(ip + 6, field);
		ip[8] = 64;
		ip[9] = 17;
		memcpy(ip + 12, (uint8_t[8]){10, 1, 1, 3, 10, 1, 1, 4}, 8);
		for (uint32_t i = 0; i < 20; i += 2)
			sum += (uint32_t)ip[i] << 8 | ip[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
		put16(ip + 10, 0xffff ^ ((sum & 0xffff) + (sum >> 16)));
	}
	memset(data, (int)(twin->id * 16 + piece), bytes);
	if (!piece) {
		put16(data, 1000 + twin->id % 50);
		put16(data + 2, 53);
		put16(data + 4, twin->cuts[twin->pieces]);
	}
	return 14 + header + bytes;
}

static void begin(struct twin *twin)
{
	memset(twin, 0, sizeof(*twin));
	twin->open = true;
	twin->v6 = test_random() % 2;
	twin->id = ++next_id;
	twin->pieces = 2 + (uint32_t)(test_random() % (PIECES_MAX - 1));
	for (uint32_t i = 1; i <= twin->pieces; i++)
		twin->cuts[i] = twin->cuts[i - 1] + 8 * (1 + (uint32_t)(test_random() % 20));
}

/* Takes what came out and compares it with piece `piece` of the datagram. */
static bool comes_out(const struct twin *twin, uint32_t piece)
{
	int64_t bytes = weft_host_plane_collect(host, 2, NULL, out, sizeof(out));
	uint32_t wanted = make(twin, piece);

	passed++;
	return bytes == wanted && !memcmp(out + 14, frame + 14, wanted - 14);
}

static void send(struct twin *twin, uint32_t piece)
{
	struct weft_plane *plane = weft_host_plane_core(host);
	uint32_t bytes = make(twin, piece), worker = (uint32_t)(test_random() % 2);
	struct weft_packet *packet = weft_host_packet_alloc(plane, worker, bytes);

	memcpy(packet->data, frame, bytes);
	weft_plane_input(plane, worker, 1, &packet, 1);
	if (!piece || twin->first_came) {
		CHECK(comes_out(twin, piece));
	} else {
		twin->order[twin->waiting++] = piece;
	}
}

static void step(struct twin *twin)
{
	uint32_t piece = (uint32_t)(test_random() % twin->pieces);

	if (test_random() % 20 == 0) { /* the rest of it is lost */
		lost += twin->waiting;
		twin->open = false;
		return;
	}
	if ((!(twin->came >> piece & 1) || test_random() % 4 == 0) && twin->waiting < 64) {
		send(twin, piece);
		if (!piece && !twin->first_came) {
			twin->first_came = true;
			for (uint32_t i = 0; i < twin->waiting; i++)
				CHECK(comes_out(twin, twin->order[i]));
			twin->waiting = 0;
		}
		twin->came |= 1u << piece;
	}
	if (twin->came == (1u << twin->pieces) - 1)
		twin->open = false; /* whole: forgotten */
}

/* Everything is given up, and what waits goes: before the port's share of what may wait is full. */
static void give_up(void)
{
	for (uint32_t i = 0; i < OPEN_MAX; i++) {
		lost += twins[i].open ? twins[i].waiting : 0;
		twins[i].open = false;
	}
	now_ns += 3 * SECOND_NS;
	CHECK(weft_host_plane_advance(host, now_ns) == 0);
	CHECK(weft_host_plane_packets_live(host) == 0);
}

int main(int argc, char **argv)
{
	struct weft_host_plane_options options = {.workers = 2, .random_seed = 7, .now_ns = SECOND_NS, .connections_max = 1024};
	uint64_t drops[WEFT_DROP_LIMIT], other = 0;
	char text[VECTOR_TEXT_MAX] = "";

	if (argc != 2 || !vector_read(&tables, argv[1])) {
		printf("usage: fragments-test BASE.TABLES %s\n", tables.error);
		return 1;
	}
	test_seed();
	now_ns = options.now_ns;
	host = weft_host_plane_open_with(&options);
	for (uint32_t i = 0; i < tables.step_count; i++)
		CHECK(play_message(host, tables.steps[i].bytes, tables.steps[i].byte_count, text));
	for (uint32_t i = 0; i < ROUNDS && !test_failed; i++) {
		uint32_t index = (uint32_t)(test_random() % OPEN_MAX);

		if (!twins[index].open)
			begin(&twins[index]);
		step(&twins[index]);
		if (weft_host_plane_packets_live(host) > 50)
			give_up();
		now_ns += test_random() % 2000000; /* 1 ms: no wait ends before its datagram is whole or given up */
		CHECK(weft_host_plane_advance(host, now_ns) == 0);
	}
	give_up();
	play_drops(host, 0xffffffff, drops);
	CHECK(drops[WEFT_DROP_FRAGMENT] == lost);
	for (uint32_t i = 0; i < WEFT_DROP_LIMIT; i++)
		other += i == WEFT_DROP_FRAGMENT ? 0 : drops[i];
	CHECK(other == 0 && passed > ROUNDS / 3 && lost > 20);
	weft_host_plane_close(host);
	vector_free(&tables);
	printf("%s: %u passed, %u lost\n", test_failed ? "not ok" : "ok", passed, lost);
	return test_failed;
}

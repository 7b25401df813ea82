/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Two BFD sessions joined by a wire with a clock of its own: loss, silence, restarts, polls; and packets that are no packets.
 */
#include "bfd.h"
#include "test.h"

#define MS 1000000ull
#define DELAY_NS (5 * MS)
#define WIRE_PACKETS 64u

struct flight {
	uint64_t arrives_ns;
	uint32_t to;
	uint8_t bytes[WEFT_BFD_BYTES];
	bool used;
};

static struct weft_bfd_session side[2];
static struct flight wire[WIRE_PACKETS];
static uint64_t now;
static bool cut[2]; /* side i transmits nothing */
static uint32_t loss_percent, sent[2];

static void transmit(uint32_t from, const uint8_t *bytes)
{
	sent[from]++;
	if (cut[from] || test_random() % 100 < loss_percent)
		return;
	for (uint32_t i = 0; i < WIRE_PACKETS; i++) {
		if (!wire[i].used) {
			wire[i] = (struct flight){.arrives_ns = now + DELAY_NS, .to = 1 - from, .used = true};
			memcpy(wire[i].bytes, bytes, WEFT_BFD_BYTES);
			return;
		}
	}
	CHECK(!"the wire holds too many packets");
}

static void arrive(struct flight *flight)
{
	struct weft_bfd_packet packet;
	uint8_t reply[WEFT_BFD_BYTES];

	flight->used = false;
	CHECK(weft_bfd_parse(flight->bytes, WEFT_BFD_BYTES, &packet) == WEFT_BFD_OK);
	if (packet.your_discriminator && packet.your_discriminator != side[flight->to].local_discriminator)
		return; /* for the session that was here before; the host refuses it */
	if (weft_bfd_receive(&side[flight->to], &packet, now, reply))
		transmit(flight->to, reply);
}

static void run_for(uint64_t ns)
{
	uint8_t bytes[WEFT_BFD_BYTES];

	for (uint64_t end = now + ns; now < end; now += 5 * MS) {
		for (uint32_t i = 0; i < WIRE_PACKETS; i++) {
			if (wire[i].used && wire[i].arrives_ns <= now)
				arrive(&wire[i]);
		}
		for (uint32_t i = 0; i < 2; i++) {
			if (weft_bfd_run(&side[i], now, (uint32_t)test_random(), bytes))
				transmit(i, bytes);
		}
	}
}

static void begin(uint32_t interval_us0, uint32_t interval_us1)
{
	memset(wire, 0, sizeof(wire));
	cut[0] = cut[1] = false;
	loss_percent = 0;
	now = 1000 * MS;
	weft_bfd_start(&side[0], 17, interval_us0, 3, now);
	weft_bfd_start(&side[1], 4711, interval_us1, 3, now);
}

static void comesUpAndStaysUp(void)
{
	begin(300000, 300000);
	CHECK(weft_bfd_liveness(&side[0]) == WEFT_LIVENESS_UNKNOWN);
	run_for(3000 * MS);
	for (uint32_t i = 0; i < 2; i++) {
		CHECK(side[i].state == WEFT_BFD_UP && !side[i].polling);
		CHECK(weft_bfd_liveness(&side[i]) == WEFT_LIVENESS_UP);
		CHECK(weft_bfd_detection_ns(&side[i]) == 900 * MS);
	}
	sent[0] = 0;
	run_for(30000 * MS);
	/* 300 ms less 0 to 25 % */
	CHECK(sent[0] >= 100 && sent[0] <= 134);
	CHECK(side[0].state == WEFT_BFD_UP && side[1].state == WEFT_BFD_UP);
}

static void speaksSlowlyWhileNobodyAnswers(void)
{
	begin(50000, 50000);
	cut[0] = cut[1] = true;
	sent[0] = 0;
	run_for(20000 * MS);
	CHECK(sent[0] >= 20 && sent[0] <= 27);
	CHECK(weft_bfd_liveness(&side[0]) == WEFT_LIVENESS_UNKNOWN);
}

static void theSlowerSideSetsThePace(void)
{
	begin(100000, 400000);
	run_for(4000 * MS);
	CHECK(side[0].state == WEFT_BFD_UP && side[1].state == WEFT_BFD_UP);
	CHECK(weft_bfd_detection_ns(&side[0]) == 1200 * MS && weft_bfd_detection_ns(&side[1]) == 1200 * MS);
	sent[0] = 0;
	run_for(20000 * MS);
	CHECK(sent[0] >= 50 && sent[0] <= 67);
}

static void silenceIsDownWithinTheDetectionTime(void)
{
	begin(300000, 300000);
	run_for(3000 * MS);
	cut[1] = true;
	run_for(550 * MS); /* the last packet was heard up to 300 ms ago */
	CHECK(weft_bfd_liveness(&side[0]) == WEFT_LIVENESS_UP);
	run_for(450 * MS);
	CHECK(weft_bfd_liveness(&side[0]) == WEFT_LIVENESS_DOWN && side[0].diagnostic == WEFT_BFD_DETECTION_TIME_EXPIRED);
	/* the other side still hears us and is told */
	CHECK(side[1].state != WEFT_BFD_UP && weft_bfd_liveness(&side[1]) == WEFT_LIVENESS_UP);
	cut[1] = false;
	run_for(3000 * MS);
	CHECK(side[0].state == WEFT_BFD_UP && weft_bfd_liveness(&side[0]) == WEFT_LIVENESS_UP);
}

static void aNeighbourThatRestartsItsSessionIsNotDown(void)
{
	bool was_down = false;

	begin(300000, 300000);
	run_for(3000 * MS);
	weft_bfd_start(&side[1], 4712, 300000, 3, now);
	for (uint32_t i = 0; i < 600; i++) {
		run_for(5 * MS);
		was_down |= weft_bfd_liveness(&side[0]) == WEFT_LIVENESS_DOWN;
	}
	CHECK(!was_down);
	CHECK(side[0].state == WEFT_BFD_UP && side[1].state == WEFT_BFD_UP && side[0].remote_discriminator == 4712);
}

static void aLossOfOneInTenIsNoSilence(void)
{
	begin(300000, 300000);
	run_for(3000 * MS);
	loss_percent = 10;
	for (uint32_t i = 0; i < 200; i++) {
		run_for(100 * MS);
		/* three losses in a row have odds of 1 in 1000 per packet: they may happen, a session must come back */
		if (weft_bfd_liveness(&side[0]) == WEFT_LIVENESS_DOWN) {
			loss_percent = 0;
			run_for(4000 * MS);
			loss_percent = 10;
		}
	}
	loss_percent = 0;
	run_for(4000 * MS);
	CHECK(side[0].state == WEFT_BFD_UP && side[1].state == WEFT_BFD_UP);
}

static void aChangedIntervalIsPolledAndTaken(void)
{
	begin(300000, 300000);
	run_for(3000 * MS);
	weft_bfd_change(&side[0], 100000, 5, now);
	weft_bfd_change(&side[1], 100000, 3, now);
	CHECK(side[0].polling);
	run_for(1000 * MS);
	CHECK(!side[0].polling && !side[1].polling && side[0].state == WEFT_BFD_UP && side[1].state == WEFT_BFD_UP);
	CHECK(weft_bfd_detection_ns(&side[0]) == 300 * MS && weft_bfd_detection_ns(&side[1]) == 500 * MS);
}

static void anAdministrativelyDownNeighbourIsUnknown(void)
{
	struct weft_bfd_packet packet = {.state = WEFT_BFD_ADMIN_DOWN,
					 .multiplier = 3,
					 .my_discriminator = 4711,
					 .your_discriminator = 17,
					 .min_tx_us = 1000000,
					 .min_rx_us = 1000000};
	uint8_t reply[WEFT_BFD_BYTES];

	begin(300000, 300000);
	run_for(3000 * MS);
	cut[1] = true;
	run_for(10 * MS); /* what is on its way arrives first */
	CHECK(!weft_bfd_receive(&side[0], &packet, now, reply));
	CHECK(side[0].state == WEFT_BFD_STATE_DOWN && weft_bfd_liveness(&side[0]) == WEFT_LIVENESS_UNKNOWN);
}

static void nothingIsSentToANeighbourThatWantsNothing(void)
{
	struct weft_bfd_packet packet = {.state = WEFT_BFD_UP,
					 .multiplier = 3,
					 .my_discriminator = 4711,
					 .your_discriminator = 17,
					 .min_tx_us = 300000,
					 .min_rx_us = 0};
	uint8_t reply[WEFT_BFD_BYTES];

	begin(300000, 300000);
	run_for(3000 * MS);
	cut[1] = true;
	run_for(10 * MS); /* what is on its way arrives first */
	weft_bfd_receive(&side[0], &packet, now, reply);
	sent[0] = 0;
	run_for(800 * MS);
	CHECK(sent[0] == 0);
}

static void malformedPacketsAreRefused(void)
{
	uint8_t good[WEFT_BFD_BYTES], bad[WEFT_BFD_BYTES + 2];
	struct weft_bfd_packet packet;

	begin(300000, 300000);
	CHECK(weft_bfd_run(&side[0], now, 0, good));
	for (uint32_t count = 0; count < WEFT_BFD_BYTES; count++)
		CHECK(weft_bfd_parse(good, count, &packet) == WEFT_BFD_SHORT);
	CHECK(weft_bfd_parse(good, WEFT_BFD_BYTES, &packet) == WEFT_BFD_OK && packet.my_discriminator == 17);
#define BAD(offset, value, want) \
	memcpy(bad, good, WEFT_BFD_BYTES); \
	bad[offset] = (uint8_t)(value); \
	CHECK(weft_bfd_parse(bad, WEFT_BFD_BYTES, &packet) == (want))
	BAD(0, 2 << 5, WEFT_BFD_VERSION);
	BAD(1, good[1] | 0x01, WEFT_BFD_FIELDS);
	BAD(1, good[1] | 0x04, WEFT_BFD_AUTHENTICATION);
	BAD(1, WEFT_BFD_UP << 6, WEFT_BFD_DISCRIMINATOR);
	BAD(2, 0, WEFT_BFD_FIELDS);
	BAD(3, 23, WEFT_BFD_LENGTH);
	BAD(3, 25, WEFT_BFD_SHORT);
	BAD(7, 0, WEFT_BFD_FIELDS);
#undef BAD
}

int main(void)
{
	test_seed();
	RUN(comesUpAndStaysUp);
	RUN(speaksSlowlyWhileNobodyAnswers);
	RUN(theSlowerSideSetsThePace);
	RUN(silenceIsDownWithinTheDetectionTime);
	RUN(aNeighbourThatRestartsItsSessionIsNotDown);
	RUN(aLossOfOneInTenIsNoSilence);
	RUN(aChangedIntervalIsPolledAndTaken);
	RUN(anAdministrativelyDownNeighbourIsUnknown);
	RUN(nothingIsSentToANeighbourThatWantsNothing);
	RUN(malformedPacketsAreRefused);
	return test_end();
}

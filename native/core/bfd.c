/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "bfd.h"

struct wire {
	uint8_t version_diagnostic, state_flags, multiplier, length;
	weft_be32 my_discriminator, your_discriminator, min_tx, min_rx, min_echo_rx;
};
WEFT_ABI_ASSERT(sizeof(struct wire) == WEFT_BFD_BYTES, "BFD control packet, RFC 5880 section 4.1");

#define POLL 0x20u
#define FINAL 0x10u
#define AUTHENTICATION 0x04u
#define MULTIPOINT 0x01u

void weft_bfd_start(struct weft_bfd_session *session, uint32_t discriminator, uint32_t interval_us, uint8_t multiplier,
		    uint64_t now_ns)
{
	memset(session, 0, sizeof(*session));
	session->local_discriminator = discriminator;
	session->interval_us = interval_us;
	session->multiplier = multiplier;
	session->state = WEFT_BFD_STATE_DOWN;
	session->remote_state = WEFT_BFD_STATE_DOWN;
	session->remote_min_rx_us = 1; /* section 6.8.1: until the neighbour says otherwise */
	session->transmit_ns = now_ns;
}

/* Section 6.8.3: not below a second while the session is not up. */
static uint32_t desired_tx_us(const struct weft_bfd_session *session)
{
	if (session->state == WEFT_BFD_UP || session->interval_us > WEFT_BFD_SLOW_US)
		return session->interval_us;
	return WEFT_BFD_SLOW_US;
}

void weft_bfd_change(struct weft_bfd_session *session, uint32_t interval_us, uint8_t multiplier, uint64_t now_ns)
{
	if (session->interval_us == interval_us && session->multiplier == multiplier)
		return;
	session->interval_us = interval_us;
	session->multiplier = multiplier;
	session->polling = session->state == WEFT_BFD_UP;
	session->transmit_ns = now_ns;
}

static void write_packet(const struct weft_bfd_session *session, bool final, uint8_t *out)
{
	struct wire wire = {
	    .version_diagnostic = (uint8_t)(1u << 5 | session->diagnostic),
	    /* a poll sequence and the answer to one are never in the same packet, section 6.5 */
	    .state_flags = (uint8_t)((uint32_t)session->state << 6 | (final		 ? FINAL
								      : session->polling ? POLL
											 : 0)),
	    .multiplier = session->multiplier,
	    .length = WEFT_BFD_BYTES,
	    .my_discriminator = weft_be32_of(session->local_discriminator),
	    .your_discriminator = weft_be32_of(session->remote_discriminator),
	    .min_tx = weft_be32_of(desired_tx_us(session)),
	    .min_rx = weft_be32_of(session->interval_us),
	    .min_echo_rx = weft_be32_of(0),
	};

	memcpy(out, &wire, sizeof(wire));
}

enum weft_bfd_error weft_bfd_parse(const uint8_t *bytes, uint32_t count, struct weft_bfd_packet *out)
{
	struct wire wire;

	if (count < WEFT_BFD_BYTES)
		return WEFT_BFD_SHORT;
	memcpy(&wire, bytes, sizeof(wire));
	if (wire.version_diagnostic >> 5 != 1)
		return WEFT_BFD_VERSION;
	if (wire.length < WEFT_BFD_BYTES)
		return WEFT_BFD_LENGTH;
	if (wire.length > count)
		return WEFT_BFD_SHORT;
	if (wire.multiplier == 0 || (wire.state_flags & MULTIPOINT) || weft_be32_get(wire.my_discriminator) == 0)
		return WEFT_BFD_FIELDS;
	if (wire.state_flags & AUTHENTICATION)
		return WEFT_BFD_AUTHENTICATION;
	*out = (struct weft_bfd_packet){
	    .state = wire.state_flags >> 6,
	    .diagnostic = wire.version_diagnostic & 31,
	    .multiplier = wire.multiplier,
	    .poll = wire.state_flags & POLL,
	    .final = wire.state_flags & FINAL,
	    .my_discriminator = weft_be32_get(wire.my_discriminator),
	    .your_discriminator = weft_be32_get(wire.your_discriminator),
	    .min_tx_us = weft_be32_get(wire.min_tx),
	    .min_rx_us = weft_be32_get(wire.min_rx),
	};
	if (out->your_discriminator == 0 && out->state > WEFT_BFD_STATE_DOWN)
		return WEFT_BFD_DISCRIMINATOR;
	return WEFT_BFD_OK;
}

uint64_t weft_bfd_detection_ns(const struct weft_bfd_session *session)
{
	uint32_t interval = session->remote_min_tx_us > session->interval_us ? session->remote_min_tx_us : session->interval_us;

	return session->heard ? (uint64_t)session->remote_multiplier * interval * 1000u : 0;
}

static void enter(struct weft_bfd_session *session, enum weft_bfd_state state, enum weft_bfd_diagnostic diagnostic,
		  uint64_t now_ns)
{
	session->state = state;
	session->diagnostic = diagnostic;
	session->polling = state == WEFT_BFD_UP; /* the faster interval is announced */
	session->transmit_ns = now_ns;
}

/* Section 6.2 and the end of 6.8.6. */
static void advance(struct weft_bfd_session *session, enum weft_bfd_state theirs, uint64_t now_ns)
{
	if (theirs == WEFT_BFD_ADMIN_DOWN) {
		if (session->state != WEFT_BFD_STATE_DOWN)
			enter(session, WEFT_BFD_STATE_DOWN, WEFT_BFD_NEIGHBOUR_SIGNALLED_DOWN, now_ns);
	} else if (session->state == WEFT_BFD_STATE_DOWN) {
		if (theirs == WEFT_BFD_STATE_DOWN)
			enter(session, WEFT_BFD_INIT, WEFT_BFD_NO_DIAGNOSTIC, now_ns);
		else if (theirs == WEFT_BFD_INIT)
			enter(session, WEFT_BFD_UP, WEFT_BFD_NO_DIAGNOSTIC, now_ns);
	} else if (session->state == WEFT_BFD_INIT) {
		if (theirs != WEFT_BFD_STATE_DOWN)
			enter(session, WEFT_BFD_UP, WEFT_BFD_NO_DIAGNOSTIC, now_ns);
	} else if (theirs == WEFT_BFD_STATE_DOWN) {
		enter(session, WEFT_BFD_STATE_DOWN, WEFT_BFD_NEIGHBOUR_SIGNALLED_DOWN, now_ns);
	}
}

bool weft_bfd_receive(struct weft_bfd_session *session, const struct weft_bfd_packet *packet, uint64_t now_ns, uint8_t *out)
{
	session->remote_discriminator = packet->my_discriminator;
	session->remote_state = packet->state;
	session->remote_min_rx_us = packet->min_rx_us;
	session->remote_min_tx_us = packet->min_tx_us;
	session->remote_multiplier = packet->multiplier;
	if (packet->final)
		session->polling = false;
	session->heard = true;
	session->silent_ns = now_ns + weft_bfd_detection_ns(session);
	advance(session, packet->state, now_ns);
	if (packet->poll)
		write_packet(session, true, out);
	return packet->poll;
}

/* Section 6.8.7: the slower of what we want and what they take, less up to a quarter (a multiplier of 1 is never used). */
static uint64_t transmit_interval_ns(const struct weft_bfd_session *session, uint32_t random)
{
	uint32_t interval = desired_tx_us(session);
	uint64_t ns;

	if (interval < session->remote_min_rx_us)
		interval = session->remote_min_rx_us;
	ns = (uint64_t)interval * 1000u;
	return ns - (ns / 4 / 1024) * (random & 1023);
}

bool weft_bfd_run(struct weft_bfd_session *session, uint64_t now_ns, uint32_t random, uint8_t *out)
{
	if (session->heard && now_ns >= session->silent_ns) {
		session->heard = false;
		session->remote_discriminator = 0;
		session->remote_min_rx_us = 1;
		if (session->state != WEFT_BFD_STATE_DOWN)
			enter(session, WEFT_BFD_STATE_DOWN, WEFT_BFD_DETECTION_TIME_EXPIRED, now_ns);
		session->diagnostic = WEFT_BFD_DETECTION_TIME_EXPIRED;
	}
	if (now_ns < session->transmit_ns || session->remote_min_rx_us == 0)
		return false;
	session->transmit_ns = now_ns + transmit_interval_ns(session, random);
	write_packet(session, false, out);
	return true;
}

enum weft_liveness weft_bfd_liveness(const struct weft_bfd_session *session)
{
	if (session->heard)
		return session->remote_state == WEFT_BFD_ADMIN_DOWN ? WEFT_LIVENESS_UNKNOWN : WEFT_LIVENESS_UP;
	return session->diagnostic == WEFT_BFD_DETECTION_TIME_EXPIRED ? WEFT_LIVENESS_DOWN : WEFT_LIVENESS_UNKNOWN;
}

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Bidirectional Forwarding Detection, asynchronous mode (RFC 5880) over several hops (RFC 5883): one session per tunnel
 * destination, told by both planes' control threads. A pure state machine: no clock, no socket, no table.
 *
 * What the rest of the plane wants to know is narrower than the session state: does the other plane answer? `weft_bfd_liveness`
 * says DOWN only when a plane that had been heard fell silent for its detection time. A neighbour that restarts its session
 * speaks, so it is not down.
 */
#ifndef WEFT_CORE_BFD_H
#define WEFT_CORE_BFD_H

#include "weft_types.h"

#define WEFT_BFD_BYTES 24u
#define WEFT_BFD_PORT 4784u /* UDP destination, RFC 5883 section 5; source ports are 49152 .. 65535 (RFC 5881 section 4) */
#define WEFT_BFD_SLOW_US 1000000u /* least transmit interval while the session is not up, RFC 5880 section 6.8.3 */

enum weft_bfd_state { WEFT_BFD_ADMIN_DOWN = 0, WEFT_BFD_STATE_DOWN = 1, WEFT_BFD_INIT = 2, WEFT_BFD_UP = 3 };

/* RFC 5880 section 4.1 */
enum weft_bfd_diagnostic {
	WEFT_BFD_NO_DIAGNOSTIC = 0,
	WEFT_BFD_DETECTION_TIME_EXPIRED = 1,
	WEFT_BFD_NEIGHBOUR_SIGNALLED_DOWN = 3,
};

/* Why a packet was not taken (RFC 5880 section 6.8.6); a counter each. */
enum weft_bfd_error {
	WEFT_BFD_OK,
	WEFT_BFD_SHORT,		 /* shorter than 24 bytes, or than its own length field */
	WEFT_BFD_VERSION,	 /* not version 1 */
	WEFT_BFD_LENGTH,	 /* length field below 24 */
	WEFT_BFD_FIELDS,	 /* zero Detect Mult or My Discriminator, or the Multipoint bit */
	WEFT_BFD_AUTHENTICATION, /* authenticated; these sessions are not */
	WEFT_BFD_DISCRIMINATOR,	 /* Your Discriminator is zero in a state that knows it, or of no session */
};

struct weft_bfd_session {
	uint32_t local_discriminator, remote_discriminator;
	uint32_t interval_us; /* wanted once up: both our transmit and our receive interval */
	uint8_t multiplier;
	uint8_t state, remote_state; /* enum weft_bfd_state */
	uint8_t diagnostic;
	uint8_t remote_multiplier;
	bool polling, heard; /* heard: since the session started or was last silent */
	uint32_t remote_min_rx_us, remote_min_tx_us;
	uint64_t transmit_ns, silent_ns; /* next transmission; when the neighbour counts as silent (heard only) */
};

/* What a control packet says, parsed. */
struct weft_bfd_packet {
	uint8_t state, diagnostic, multiplier;
	bool poll, final;
	uint32_t my_discriminator, your_discriminator, min_tx_us, min_rx_us;
};

/* interval_us: 50,000 .. 60,000,000; multiplier 2 .. 50; discriminator not 0 and of no other session. */
void weft_bfd_start(struct weft_bfd_session *session, uint32_t discriminator, uint32_t interval_us, uint8_t multiplier,
		    uint64_t now_ns);
/* Other intervals for a running session: announced with a poll sequence. */
void weft_bfd_change(struct weft_bfd_session *session, uint32_t interval_us, uint8_t multiplier, uint64_t now_ns);
enum weft_bfd_error weft_bfd_parse(const uint8_t *bytes, uint32_t count, struct weft_bfd_packet *out);
/* A parsed packet of this session's neighbour. True: `out` (WEFT_BFD_BYTES) must be sent at once (an answer to a poll). */
bool weft_bfd_receive(struct weft_bfd_session *session, const struct weft_bfd_packet *packet, uint64_t now_ns, uint8_t *out);
/* Timers. True: `out` must be sent. `random`: any number, for jitter (section 6.8.7). Call at least every 10 ms .. 50 ms. */
bool weft_bfd_run(struct weft_bfd_session *session, uint64_t now_ns, uint32_t random, uint8_t *out);
/* UNKNOWN before the neighbour was ever heard, or when it is administratively down. */
enum weft_liveness weft_bfd_liveness(const struct weft_bfd_session *session);
/* Time without a packet after which the neighbour is silent, section 6.8.4. 0: nothing was heard yet. */
uint64_t weft_bfd_detection_ns(const struct weft_bfd_session *session);

#endif

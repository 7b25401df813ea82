/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Plays a vector on a host plane. */
#ifndef WEFT_PLAY_H
#define WEFT_PLAY_H

#include "vector.h"
#include "weft_host_plane.h"

/* Applies one message. False with text when the plane refuses it. */
bool play_message(struct weft_host_plane *host, const void *message, uint32_t bytes, char *text);
/* Packets dropped so far, by reason: on one vif, or 0xffffffff: everywhere. */
void play_drops(struct weft_host_plane *host, uint32_t vif_id, uint64_t drops[WEFT_DROP_LIMIT]);
/* Every packet that came or was made was sent, dropped for one reason, or gone. False with text. */
bool play_balanced(struct weft_host_plane *host, char *text);
/* Takes away what waits on every vif. The number of frames. */
uint32_t play_drain(struct weft_host_plane *host);

/* As written; `linear`: bytes of each packet at data, 0: all. False with text naming the line. */
bool play_vector(const struct vector *vector, uint32_t linear, char *text);
/*
 * Every packet of the vector, cut at every byte, or with each length in its headers (IP, UDP, TCP, tunnel, what an ICMP error
 * quotes) changed to extreme values: every packet is sent, trapped, or dropped for exactly one reason, and no buffer is lost.
 * False with text.
 */
bool play_truncated(const struct vector *vector, char *text);
bool play_wrong_lengths(const struct vector *vector, char *text);

#endif

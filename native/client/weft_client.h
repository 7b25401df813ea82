/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* libweft.so: one handle to a forwarding plane, whichever it is. A handle belongs to one thread at a time. */
#ifndef WEFT_CLIENT_H
#define WEFT_CLIENT_H

#include "weft_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weft;

/*
 * Opens "dpdk:/run/weft/dataplane.sock", "kernel:" or "host:" (a plane inside this process, for tests and tools) and exchanges HELLO
 * as `peer`. 0, or negative errno with a sentence in `text` (>= WEFT_ERROR_TEXT_BYTES bytes): ECONNREFUSED and ENOENT no
 * plane there, EPROTO another ABI version (names both), EINVAL unknown scheme.
 */
int weft_open(const char *url, const char *peer, struct weft **out, char *text);
void weft_close(struct weft *weft);

/*
 * Sends one frame (weft_frame_header first; sequence is filled in) and waits for its answer, at most `timeout_ms` (0: 10 s).
 * Returns the answer's bytes, or negative errno: EMSGSIZE the answer does not fit, EPIPE/ECONNRESET the plane went away (the
 * handle is then dead), ETIMEDOUT (dead too), EINVAL the request is not one whole frame. `capacity` below 4096 may be EMSGSIZE
 * at once; WEFT_FRAME_BYTES_MAX always suffices.
 */
int64_t weft_call(struct weft *weft, void *request, uint64_t bytes, void *answer, uint64_t capacity, uint32_t timeout_ms);
/*
 * The two halves of weft_call, for who has the next frame to write meanwhile: the plane works on this one. One at a time: EINVAL a
 * frame that was sent has no answer yet, or none was sent. `request` stays as it is until its answer has been received. Returns 0,
 * or negative errno as weft_call; after EMSGSIZE the answer is gone, and what was asked has been done. A plane "host:" works when it is
 * asked for the answer.
 */
int weft_send(struct weft *weft, void *request, uint64_t bytes, uint32_t timeout_ms);
int64_t weft_receive(struct weft *weft, void *answer, uint64_t capacity, uint32_t timeout_ms);

/* Layout of every struct of weft_abi.h, for the binding's check. struct_name "weft_route_msg"; field "" is the struct itself. */
struct weft_abi_field {
	const char *struct_name, *field;
	uint32_t offset, bytes;
};
const struct weft_abi_field *weft_abi_layout(uint64_t *count);
/* NULL: not a drop reason of this library. */
const char *weft_drop_name(uint32_t reason);
const char *weft_drop_doc(uint32_t reason);

/* "host:" only. Puts an Ethernet frame into a vif; collects what left through one. Errors: EINVAL another kind of handle. */
int weft_host_inject(struct weft *weft, uint32_t vif_id, const void *frame, uint32_t bytes);
/* Bytes of the oldest frame sent on the vif, 0: none, -EMSGSIZE: capacity. */
int64_t weft_host_collect(struct weft *weft, uint32_t vif_id, void *frame, uint32_t capacity);
/* Sets the plane's monotonic clock and runs a tick. */
int weft_host_advance(struct weft *weft, uint64_t now_ns);

/*
 * pkt0: what the plane leaves to the agent, by the socket of the AGENT vif (WEFT_PORT_UNIX). One agent at a time: who opens takes the place
 * of the one before, whose receive then answers -EPIPE; so does the end of the plane's process, and the agent opens again. A file may be
 * waited for with others (POLLIN) and is closed with close(). Receive and inject may be called by different threads.
 */
/* The file, or negative errno: ENOENT, ECONNREFUSED nobody listens there (yet), ENAMETOOLONG. */
int weft_pkt0_open(const char *path);
/*
 * Waits at most `timeout_ms` (0 .. 2^31-1; 0: not at all) for a datagram: a weft_trap_header and its frame. Returns the bytes of both, or
 * negative errno: ETIMEDOUT none came; EPIPE, ECONNRESET the plane closed; EMSGSIZE it did not fit `bytes` and is lost (65,536 always
 * suffices); EPROTO it was no such datagram.
 */
int64_t weft_pkt0_receive(int fd, void *buffer, uint64_t bytes, uint32_t timeout_ms);
/*
 * Sends a frame of `bytes` bytes, Ethernet header first; waits while the socket is full. 0, or negative errno: EINVAL header->bytes is not
 * `bytes`; EMSGSIZE larger than the socket takes; EPIPE the plane closed. What the plane refuses it counts as INJECTION on the AGENT vif.
 */
int weft_pkt0_inject(int fd, const struct weft_injection_header *header, const void *frame, uint64_t bytes);

#ifdef __cplusplus
}
#endif

#endif

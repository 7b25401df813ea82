/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Bench of the forwarding plane against a pipeline of DPDK primitives that does the same work without state, checks and
 * counters.
 *
 * Both run in one process on the same mbufs, window by window in turn, so that what the machine does to one it does to the
 * other. A slot is the packets of one window; there are SLOTS of them, each drawn anew after its use.
 */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "weft_plane.h"
#include "weft_types.h"

#define BENCH_WINDOW_PACKETS 2048u
#define BENCH_WARM_PACKETS 256u /* in front of each window, not timed: the other side's tables are in the caches */
#define BENCH_SLOT_PACKETS (BENCH_WINDOW_PACKETS + BENCH_WARM_PACKETS)
#define BENCH_SLOTS 3u /* 6,912 mbufs in flight */
#define BENCH_BURST_MIN 16u
#define BENCH_SLOT_BURSTS (BENCH_SLOT_PACKETS / BENCH_BURST_MIN)

#define BENCH_UPLINK 1u /* vif ids */
#define BENCH_POD_FIRST 16u
#define BENCH_VRF 5u
#define BENCH_VRF_OTHER 6u
#define BENCH_VNI 5001u
#define BENCH_LABEL 100016u /* of the VRF, MPLSoUDP */
#define BENCH_NEXTHOP_VRF 1u
#define BENCH_NEXTHOP_HOST 100u		     /* + host */
#define BENCH_NEXTHOP_POD 2000u		     /* + pod */
#define BENCH_CONNECTIONS_DEFAULT (1u << 21) /* 1,000,000 live ones leave room: a full table lets idle ones go */
#define BENCH_CONNECTIONS_SMALL 65536u
#define BENCH_HOSTS 250u /* other hosts, tunnel destinations */

/* What is connected with what. */
struct bench_topology {
	uint8_t family;			    /* of the pods: 4, 6 */
	uint8_t protocol;		    /* UDP, TCP */
	uint8_t encap;			    /* enum weft_encap; NONE: from pod to pod on this host */
	uint32_t pods, routes, connections; /* pods divides connections */
	uint32_t rules;			    /* that a packet of a pod passes, and those to a pod */
	uint32_t sets;			    /* policy sets those of a pod are in: 1 or 2; 0: 1 */
	bool stateless;			    /* ports without policy: no connections */
};

struct bench_flow {
	uint32_t pod, host; /* initiator; other host, or the other pod when encap is NONE */
	uint8_t source[16], destination[16];
	uint16_t source_port, destination_port;
};

enum bench_direction {
	BENCH_OUT,	/* from the pod */
	BENCH_IN,	/* the answer, from the fabric */
};

struct bench_slot {
	struct rte_mbuf *mbufs[BENCH_SLOT_PACKETS];
	uint32_t vif[BENCH_SLOT_BURSTS]; /* that the burst comes from */
	uint8_t direction[BENCH_SLOT_BURSTS];
};

/* ---- random.c ---- */
struct bench_random {
	uint64_t state;
};
uint64_t bench_random(struct bench_random *random);
uint32_t bench_random_below(struct bench_random *random, uint32_t limit);
uint64_t bench_mix(uint64_t value);
/* Ranks 0 .. count-1 drawn by 1 / (rank + 1). NULL: out of memory. */
struct bench_zipf;
struct bench_zipf *bench_zipf_new(uint32_t count);
uint32_t bench_zipf_draw(const struct bench_zipf *zipf, struct bench_random *random);
void bench_zipf_free(struct bench_zipf *zipf);

/* ---- topology.c: addresses and frames ---- */
void bench_flow_of(const struct bench_topology *topology, uint32_t connection, struct bench_flow *flow);
void bench_pod_address(const struct bench_topology *topology, uint32_t pod, uint8_t address[16]);
void bench_pod_mac(uint32_t pod, uint8_t mac[6]);
/* The remote prefix with this number; answers its length. */
uint8_t bench_route_prefix(const struct bench_topology *topology, uint32_t route, uint8_t prefix[16]);
void bench_host_address(uint32_t host, uint8_t address[16]);
void bench_host_mac(uint32_t host, uint8_t mac[6]);
extern const uint8_t bench_underlay[4], bench_router_mac[6], bench_uplink_mac[6];
/* Writes the connection's frame as the plane receives it and makes the mbuf as a driver hands it over. */
void bench_frame_write(const struct bench_topology *topology, const struct bench_flow *flow, enum bench_direction direction,
		       struct rte_mbuf *mbuf);

/* ---- host.c: the daemon's host port; what is transmitted comes back to the bench ---- */
struct bench_sink {
	struct rte_mbuf **sent; /* NULL: freed */
	uint32_t count;
} __attribute__((aligned(WEFT_CACHE_LINE)));
extern struct bench_sink bench_sinks[WEFT_WORKERS_MAX];
/* The clock of this worker's burst; the daemon reads it once per round of its ports. */
void bench_clock_refresh(void);
/* From now on it is so much later. */
void bench_clock_advance(uint64_t nanoseconds);
/* Bytes of table memory that planes hold. */
uint64_t bench_memory_bytes(void);

/* ---- program.c: the plane, programmed by messages ---- */
/* Exits with the plane's error text when a message is refused. */
struct weft_plane *bench_plane_open(const struct bench_topology *topology, uint32_t workers, uint32_t connections_max);
void bench_plane_close(struct weft_plane *plane);
/* Messages gathered into frames. */
struct bench_frame;
struct bench_frame *bench_frame_open(struct weft_plane *plane);
void bench_frame_add(struct bench_frame *frame, uint16_t object, uint16_t operation, const void *body, uint32_t bytes);
void bench_frame_flush(struct bench_frame *frame);
void bench_frame_close(struct bench_frame *frame);
/* Sets the pods' policy sets: rules of which only the last one of a set matches, and allows. */
void bench_policies_set(struct bench_frame *frame, uint32_t rules, uint32_t sets);
/* Drop reasons with counts, as text. */
void bench_drops_text(struct weft_plane *plane, char *text, size_t bytes);

/* ---- reference.c: the pipeline of DPDK primitives ---- */
struct bench_reference;
/* `reverse`: keys of the answers are in the table too. Exits when memory is out. */
struct bench_reference *bench_reference_open(const struct bench_topology *topology, bool forward, bool reverse);
void bench_reference_close(struct bench_reference *reference);
/* Processes a burst in place. Packets that nothing is known of stay as they are and count as missed. */
void bench_reference_out(struct bench_reference *reference, struct rte_mbuf **mbufs, uint32_t count);
void bench_reference_in(struct bench_reference *reference, struct rte_mbuf **mbufs, uint32_t count);
/* Without a connection table: destination's route and the header. */
void bench_reference_stateless(struct bench_reference *reference, struct rte_mbuf **mbufs, uint32_t count);
uint64_t bench_reference_missed(const struct bench_reference *reference);

/* ---- measure.c ---- */
struct bench_spread {
	double min, p10, p50, p90;
};
struct bench_spread bench_spread_of(double *values, uint32_t count); /* sorts them */
/* TSC cycles per step of a fixed loop of 16 additions and exclusive ors: 4 on a core at TSC speed that is ours alone. */
double bench_canary(void);

/* Zeroed; what takes it frees it. */
double *bench_values(uint32_t count);

/* ---- station.c: one worker and its packets ---- */
struct bench_options {
	uint32_t windows, burst;
	uint64_t seed;
	int cpu;
};

struct bench_station {
	const char *name; /* of the row */
	const struct bench_topology *topology;
	struct weft_plane *plane;
	uint32_t burst, worker;
	uint32_t pod_first, pod_step; /* pods it receives from: 0 and 1 for all */
	struct bench_zipf *zipf;      /* NULL: uniform */
	struct bench_random random;
	struct bench_slot slots[BENCH_SLOTS];
	struct rte_mbuf *sent[BENCH_SLOT_PACKETS];
};

struct bench_station *bench_station_open(const char *name, const struct bench_topology *topology,
					 const struct bench_options *options, struct weft_plane *plane, uint32_t worker);
void bench_station_close(struct bench_station *station);
/*
 * New packets in the slot: bursts with an even and with an odd number. A burst is of one port when it comes from pods.
 */
void bench_station_prepare(struct bench_station *station, struct bench_slot *slot, enum bench_direction even,
			   enum bench_direction odd);
/* The same from pods, connections by number: `next` of each pod. */
void bench_station_number(struct bench_station *station, struct bench_slot *slot, uint32_t *next);
/* What is sent from now on is collected; fails when it is not so many packets. */
void bench_station_collect(struct bench_station *station);
void bench_station_check(struct bench_station *station, uint32_t expected);
/* Runs the slot through the plane: cycles per packet of its window. */
double bench_station_window(struct bench_station *station, struct bench_slot *slot);
#define BENCH_SETTLE_TICKS 128u /* until the connection index has grown */
/* Ticks of the control thread, each with its grace period. */
void bench_station_ticks(struct bench_station *station, uint32_t ticks);
/* The first packet of each of the topology's connections. */
void bench_station_open_connections(struct bench_station *station);
/* Lets time pass until no connection is left and every pair can be used again. */
void bench_station_age(struct bench_station *station);

/* ---- result.c ---- */
/* What a row says. p50 0: it has none of that. */
struct bench_result {
	const char *name, *unit;	     /* unit: of value */
	double value;			     /* what the goal is about */
	struct bench_spread ours, reference; /* TSC cycles per packet */
	double ratio, canary;
	char goal[64], note[200];
	int met; /* -1: no goal */
};
/* Takes the arrays. reference: NULL for none. */
void bench_result_cycles(struct bench_result *result, double *ours, double *reference, uint32_t count, double *canary,
			 uint32_t canaries);
/* The value is the ratio, which must not be above the goal; 0: no goal. */
void bench_result_ratio(struct bench_result *result, double goal);
/* The value is packets per second at ours.p50, which must not be below the goal. */
void bench_result_rate(struct bench_result *result, double goal);
/* The value is set already. */
void bench_result_value(struct bench_result *result, const char *unit, double goal, bool at_least);
void bench_result_head(void);
void bench_result_print(const struct bench_result *result);
void bench_result_json(const struct bench_result *result, bool first);

/* ---- rows.c ---- */
struct bench_row {
	const char *name, *doc;
	void (*run)(const struct bench_row *row, const struct bench_options *options, struct bench_result *result);
	struct bench_topology topology;
	enum bench_direction direction;
	bool both; /* bursts of both directions in turn */
	bool zipf;
	bool other_vrf; /* routes change in another VRF */
	double goal;	/* 0: none */
	const char *note;
};
extern const struct bench_row bench_rows[];
extern const uint32_t bench_row_count;

void bench_run_hit(const struct bench_row *row, const struct bench_options *options, struct bench_result *result);
void bench_run_open(const struct bench_row *row, const struct bench_options *options, struct bench_result *result);
void bench_run_workers(const struct bench_row *row, const struct bench_options *options, struct bench_result *result);
void bench_run_churn(const struct bench_row *row, const struct bench_options *options, struct bench_result *result);
void bench_run_revalidate(const struct bench_row *row, const struct bench_options *options, struct bench_result *result);
void bench_run_connection_bytes(const struct bench_row *row, const struct bench_options *options, struct bench_result *result);
void bench_run_route_bytes(const struct bench_row *row, const struct bench_options *options, struct bench_result *result);
void bench_run_vrf_bytes(const struct bench_row *row, const struct bench_options *options, struct bench_result *result);

/* ---- main.c ---- */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Page sizes under the tables of both sides as they stand. */
void bench_say_pages(void);
void bench_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

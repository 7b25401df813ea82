/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Two workers, each on a core and with ports of its own, against one of them alone: rounds of one and of both in turn. Only
 * windows that ran while the other worker was at work count for both.
 */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "dpdk/memory.h"

#define ROUND_WINDOWS 8u
#define PODS_MAX 64u

enum phase { ALONE, TOGETHER, PHASES };

struct crew {
	const struct bench_row *row;
	struct bench_station *stations[2];
	uint32_t next[PODS_MAX]; /* of new connections; each pod is one worker's */
	uint32_t round;		 /* the second worker has been asked for so many */
	uint32_t done;		 /* and has done so many */
	bool first_at_work, second_at_work, stop, opens;
	int cpu;
	double *cycles[2][PHASES];
	uint32_t counts[2][PHASES], room;
};

static void prepare(struct crew *crew, uint32_t worker, struct bench_slot *slot)
{
	if (crew->opens)
		bench_station_number(crew->stations[worker], slot, crew->next);
	else
		bench_station_prepare(crew->stations[worker], slot, BENCH_OUT, BENCH_OUT);
}

static void note(struct crew *crew, uint32_t worker, enum phase phase, double cycles)
{
	if (crew->counts[worker][phase] < crew->room)
		crew->cycles[worker][phase][crew->counts[worker][phase]++] = cycles;
}

/* Windows until this worker has done its round; those during which the other one worked from start to end count as together. */
static void work(struct crew *crew, uint32_t worker, bool both)
{
	struct bench_station *station = crew->stations[worker];
	bool *mine = worker ? &crew->second_at_work : &crew->first_at_work,
	     *other = worker ? &crew->first_at_work : &crew->second_at_work;

	__atomic_store_n(mine, true, __ATOMIC_RELEASE);
	for (uint32_t window = 0; window < ROUND_WINDOWS; window++) {
		struct bench_slot *slot = &station->slots[window % BENCH_SLOTS];
		bool before, after;
		double cycles;

		prepare(crew, worker, slot);
		if (crew->opens && worker == 0)
			bench_station_ticks(station, 1); /* as the control thread does, for the index to grow */
		before = __atomic_load_n(other, __ATOMIC_ACQUIRE);
		cycles = bench_station_window(station, slot);
		after = __atomic_load_n(other, __ATOMIC_ACQUIRE);
		if (before == both && after == both)
			note(crew, worker, both ? TOGETHER : ALONE, cycles);
	}
	__atomic_store_n(mine, false, __ATOMIC_RELEASE);
}

static void *second(void *argument)
{
	struct crew *crew = argument;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(crew->cpu, &cpus);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus) || rte_thread_register())
		bench_fail("%s: the second worker cannot be placed on cpu %d", crew->row->name, crew->cpu);
	weftd_rcu_online(1);
	for (uint32_t round = 1; !__atomic_load_n(&crew->stop, __ATOMIC_ACQUIRE);) {
		weftd_rcu_quiescent(1);
		if (__atomic_load_n(&crew->round, __ATOMIC_ACQUIRE) < round)
			continue;
		work(crew, 1, true);
		__atomic_store_n(&crew->done, round++, __ATOMIC_RELEASE);
	}
	weftd_rcu_offline(1);
	rte_thread_unregister();
	return NULL;
}

static void wait_for(struct crew *crew, const bool *flag, uint32_t round)
{
	while (__atomic_load_n(&crew->done, __ATOMIC_ACQUIRE) < round && !(flag && __atomic_load_n(flag, __ATOMIC_ACQUIRE)))
		weftd_rcu_quiescent(0);
}

static void run_rounds(struct crew *crew, uint32_t rounds)
{
	for (uint32_t round = 1; round <= rounds; round++) {
		if (crew->opens)
			bench_station_age(crew->stations[0]);
		work(crew, 0, false);
		__atomic_store_n(&crew->round, round, __ATOMIC_RELEASE);
		wait_for(crew, &crew->second_at_work, round);
		work(crew, 0, true);
		wait_for(crew, NULL, round);
	}
}

static void sum_up(struct crew *crew, struct bench_result *result)
{
	struct bench_spread alone = bench_spread_of(crew->cycles[0][ALONE], crew->counts[0][ALONE]);
	struct bench_spread one = bench_spread_of(crew->cycles[0][TOGETHER], crew->counts[0][TOGETHER]);
	struct bench_spread two = bench_spread_of(crew->cycles[1][TOGETHER], crew->counts[1][TOGETHER]);

	if (!alone.p50 || !one.p50 || !two.p50)
		bench_fail("%s: no window overlapped: the machine is too busy", crew->row->name);
	result->ours = one;
	result->reference = alone;
	result->canary = bench_canary();
	result->value = alone.p50 / one.p50 + alone.p50 / two.p50;
	snprintf(result->note, sizeof(result->note), "reference: one worker alone; p50 together %.1f and %.1f", one.p50,
		 two.p50);
	bench_result_value(result, "x of one worker", crew->row->goal, true);
}

void bench_run_workers(const struct bench_row *row, const struct bench_options *options, struct bench_result *result)
{
	uint32_t rounds = options->windows / ROUND_WINDOWS + 1;
	struct crew crew = {.row = row, .opens = row->topology.connections == 0, .room = rounds * ROUND_WINDOWS};
	struct weft_plane *plane;
	pthread_t thread;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		snprintf(result->note, sizeof(result->note), "not run: one core");
		return;
	}
	crew.cpu = options->cpu ? options->cpu - 1 : 1;
	for (uint32_t i = 0; i < 2 * PHASES; i++)
		crew.cycles[i / PHASES][i % PHASES] = bench_values(crew.room);
	plane = bench_plane_open(&row->topology, 2, crew.opens ? BENCH_CONNECTIONS_SMALL : BENCH_CONNECTIONS_DEFAULT);
	for (uint32_t worker = 0; worker < 2; worker++) {
		crew.stations[worker] = bench_station_open(row->name, &row->topology, options, plane, worker);
		crew.stations[worker]->pod_first = worker;
		crew.stations[worker]->pod_step = 2;
	}
	weftd_rcu_online(0);
	if (!crew.opens)
		bench_station_open_connections(crew.stations[0]);
	if (pthread_create(&thread, NULL, second, &crew))
		bench_fail("%s: no thread", row->name);
	run_rounds(&crew, rounds);
	__atomic_store_n(&crew.stop, true, __ATOMIC_RELEASE);
	weftd_rcu_offline(0);
	pthread_join(thread, NULL);
	sum_up(&crew, result);
	for (uint32_t worker = 0; worker < 2; worker++)
		bench_station_close(crew.stations[worker]);
	bench_plane_close(plane);
}

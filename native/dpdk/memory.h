/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Memory of the tables and RCU by quiescent states. Readers are the workers; a worker that sleeps is offline and holds nobody up.
 * Deferred work is a queue of (token, callback): control runs what every worker has passed.
 */
#ifndef WEFTD_MEMORY_H
#define WEFTD_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Before any worker. 0 or negative errno. */
int weftd_memory_open(void);
void weftd_memory_close(void);

/* The worker itself. Registered workers start offline. */
int weftd_rcu_register(uint32_t worker);
void weftd_rcu_unregister(uint32_t worker);
void weftd_rcu_online(uint32_t worker);
void weftd_rcu_offline(uint32_t worker);
void weftd_rcu_quiescent(uint32_t worker);

/* Control. Runs deferred work whose grace period is over; true: some is left. */
bool weftd_deferred_run(void);
/*
 * Control. Of that, frees memory only, up to the first call: between the messages of a large frame, so that what one message
 * retires is used by the next while it is in the cache.
 */
void weftd_deferred_free(void);
/* Control. Waits (a worker's burst, normally < 1 ms) for a grace period and runs all deferred work. */
void weftd_deferred_flush(void);
/* Control. True when a callback (not just memory) waits for its grace period. */
bool weftd_deferred_calls_pending(void);
/* Control. Waits for one grace period. */
void weftd_rcu_synchronize(void);

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "port.h"

#define THREADS_MAX 64u

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fewer = PTHREAD_COND_INITIALIZER;
static uint32_t under_way;

static void *close_main(void *argument)
{
	close((int)(intptr_t)argument);
	pthread_mutex_lock(&mutex);
	under_way--;
	pthread_cond_broadcast(&fewer);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void wait_below(uint32_t count)
{
	pthread_mutex_lock(&mutex);
	while (under_way >= count)
		pthread_cond_wait(&fewer, &mutex);
	pthread_mutex_unlock(&mutex);
}

void weftd_close_device(int fd)
{
	pthread_t thread;

	wait_below(THREADS_MAX);
	pthread_mutex_lock(&mutex);
	under_way++;
	pthread_mutex_unlock(&mutex);
	if (pthread_create(&thread, NULL, close_main, (void *)(intptr_t)fd))
		close_main((void *)(intptr_t)fd);
	else
		pthread_detach(thread);
}

void weftd_closing_wait(void) { wait_below(1); }

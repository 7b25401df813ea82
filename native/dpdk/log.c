/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#define LINES_PER_SECOND 50

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static time_t second;
static unsigned int lines, suppressed;

void weftd_log(const char *format, ...)
{
	struct timespec now;
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&mutex);
	if (now.tv_sec != second) {
		second = now.tv_sec;
		lines = 0;
		if (suppressed)
			fprintf(stderr, "weft-dpdk: %u lines suppressed\n", suppressed);
		suppressed = 0;
	}
	if (lines++ < LINES_PER_SECOND)
		fprintf(stderr, "weft-dpdk: %s\n", text);
	else
		suppressed++;
	pthread_mutex_unlock(&mutex);
}

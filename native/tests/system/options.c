/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

void usage_error(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(2);
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

const char *option_text(const struct options *options, const char *name, const char *absent)
{
	const char *value = absent;

	for (int i = 0; i < options->count; i += 2) {
		if (strncmp(options->words[i], "--", 2) != 0)
			usage_error("'%s' is not an option: want --name value", options->words[i]);
		if (strcmp(options->words[i] + 2, name) != 0)
			continue;
		if (i + 1 >= options->count)
			usage_error("option --%s has no value", name);
		value = options->words[i + 1];
	}
	return value;
}

const char *option_required(const struct options *options, const char *name)
{
	const char *value = option_text(options, name, NULL);

	if (!value)
		usage_error("option --%s is required", name);
	return value;
}

uint64_t option_number(const struct options *options, const char *name, uint64_t absent, uint64_t min, uint64_t max)
{
	const char *text = option_text(options, name, NULL);
	unsigned long long value;
	char *end;

	if (!text)
		return absent;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < min || value > max)
		usage_error("--%s: '%s' is not a number %llu..%llu", name, text, (unsigned long long)min,
			    (unsigned long long)max);
	return value;
}

struct ip_address option_address(const struct options *options, const char *name)
{
	const char *text = option_required(options, name);
	struct ip_address ip = {0};

	if (inet_pton(AF_INET, text, ip.address) == 1) {
		ip.family = AF_INET;
		ip.bytes = 4;
	} else if (inet_pton(AF_INET6, text, ip.address) == 1) {
		ip.family = AF_INET6;
		ip.bytes = 16;
	} else {
		usage_error("--%s: '%s' is not an IPv4 or IPv6 address", name, text);
	}
	return ip;
}

void option_mac(const struct options *options, const char *name, uint8_t mac[6])
{
	const char *text = option_required(options, name);
	int used = 0;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5],
		   &used) != 6 ||
	    text[used])
		usage_error("--%s: '%s' is not a MAC address", name, text);
}

socklen_t socket_address(const struct ip_address *ip, uint16_t port, struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	if (ip->family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)to;

		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, ip->address, 4);
		return sizeof(*v4);
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, ip->address, 16);
	return sizeof(*v6);
}

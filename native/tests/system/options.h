/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Command lines of the test programs: `--name value` pairs. Every function ends the program with status 2 and one sentence
 * on stderr when the value is missing or wrong. Single-threaded.
 */
#ifndef WEFT_TEST_OPTIONS_H
#define WEFT_TEST_OPTIONS_H

#include <netinet/in.h>
#include <stdint.h>

struct options {
	int count;    /* of words */
	char **words; /* name, value, name, value … */
};

/* An IPv4 or IPv6 address; `family` is AF_INET or AF_INET6, `bytes` the length of the address in `address`. */
struct ip_address {
	int family;
	unsigned int bytes;
	uint8_t address[16]; /* network order */
};

/* Value of --name, or `absent` when the option is not there. */
const char *option_text(const struct options *options, const char *name, const char *absent);
/* As option_text, but the option must be there. */
const char *option_required(const struct options *options, const char *name);
/* A decimal number min .. max. */
uint64_t option_number(const struct options *options, const char *name, uint64_t absent, uint64_t min, uint64_t max);
/* An address; required. */
struct ip_address option_address(const struct options *options, const char *name);
/* aa:bb:cc:dd:ee:ff; required. */
void option_mac(const struct options *options, const char *name, uint8_t mac[6]);
/* Fills `to` for connect, bind or sendto; returns its length. */
socklen_t socket_address(const struct ip_address *ip, uint16_t port, struct sockaddr_storage *to);

/* Prints "<program>: <what>: <strerror(errno)>" and exits with 1. */
_Noreturn void die(const char *what);
/* Prints "<program>: <text>" and exits with 2. */
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* CLOCK_MONOTONIC in nanoseconds: the same clock for every process of the machine. */
uint64_t now_ns(void);

#endif

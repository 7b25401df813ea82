/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "liveness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bfd.h"
#include "log.h"
#include "weft_host.h"
#include "weft_plane.h"
#include "weft_tables.h"

#define BUCKETS 1024u
#define RUN_NS 20000000ull
#define SOURCE_PORT_FIRST 49152u /* RFC 5881 section 4 */
#define SOURCE_PORT_TRIES 64u
#define READS_PER_EVENT 64u
#define HOPS 255

struct peer {
	struct peer *next; /* in its bucket */
	uint8_t family;
	uint8_t destination[16];
	enum weft_liveness told;
	struct weft_bfd_session session;
};

/* One address family: where packets arrive, and where ours leave from. */
struct path_sockets {
	int receive, transmit;
	uint8_t address[16];
};

static struct weft_plane *plane;
static int epoll_fd = -1;
static struct peer *buckets[BUCKETS];
static struct path_sockets sockets[2] = {{.receive = -1, .transmit = -1}, {.receive = -1, .transmit = -1}};
static uint32_t interval_ms, multiplier;
static uint64_t due_ns;
static uint64_t refused[WEFT_BFD_DISCRIMINATOR + 1];
static uint32_t jitter = 2463534242u;

static unsigned int slot(uint8_t family)
{
	return family == 4 ? 0 : 1;
}

static struct peer **find(uint8_t family, const uint8_t destination[16])
{
	uint32_t hash = family, index;
	struct peer **link;

	for (index = 0; index < 16; index++)
		hash = hash * 31 + destination[index];
	link = &buckets[(hash ^ hash >> 10) % BUCKETS];
	while (*link && ((*link)->family != family || memcmp((*link)->destination, destination, 16)))
		link = &(*link)->next;
	return link;
}

static socklen_t socket_address(uint8_t family, const uint8_t address[16], uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (family == 4) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		memcpy(&four->sin_addr, address, 4);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	memcpy(&six->sin6_addr, address, 16);
	return sizeof(*six);
}

static int open_socket(uint8_t family, const uint8_t address[16], uint16_t port)
{
	int fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), hops = HOPS, error;
	struct sockaddr_storage name;
	socklen_t bytes = socket_address(family, address, port, &name);

	if (fd < 0)
		return -errno;
	if (family == 4)
		error = setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof(hops));
	else
		error = setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
	if (!error)
		error = bind(fd, (struct sockaddr *)&name, bytes);
	if (error) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

static int open_source(uint8_t family, const uint8_t address[16])
{
	int fd = -EADDRINUSE;
	uint32_t random, attempt;

	for (attempt = 0; attempt < SOURCE_PORT_TRIES && fd == -EADDRINUSE; attempt++) {
		weft_host_random(&random, sizeof(random));
		fd = open_socket(family, address, (uint16_t)(SOURCE_PORT_FIRST + random % (65536u - SOURCE_PORT_FIRST)));
	}
	return fd;
}

static void close_family(struct path_sockets *of)
{
	if (of->receive >= 0)
		close(of->receive);
	if (of->transmit >= 0)
		close(of->transmit);
	of->receive = of->transmit = -1;
	memset(of->address, 0, sizeof(of->address));
}

/* The sockets of a family follow the plane's tunnel address; an address the kernel does not have yet is tried again. */
static void follow_address(uint8_t family, const uint8_t address[16])
{
	static uint64_t retry_ns[2];
	struct path_sockets *of = &sockets[slot(family)];
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = family};
	static const uint8_t none[16];
	uint64_t now = weft_host_now_ns();

	if (!memcmp(of->address, address, 16) || now < retry_ns[slot(family)])
		return;
	close_family(of);
	if (!memcmp(address, none, 16))
		return;
	of->receive = open_socket(family, address, WEFT_BFD_PORT);
	of->transmit = open_source(family, address);
	if (of->receive < 0 || of->transmit < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, of->receive, &event)) {
		weftd_log("BFD: IPv%u UDP port %u: %s; tried again in 1 s", family, WEFT_BFD_PORT,
			  strerror(of->receive < 0    ? -of->receive
				   : of->transmit < 0 ? -of->transmit
						      : errno));
		close_family(of);
		retry_ns[slot(family)] = now + 1000000000ull;
		return;
	}
	memcpy(of->address, address, 16);
}

/* Not the index of anything: a discriminator that another session or another life has must not fit. */
static uint32_t new_discriminator(void)
{
	uint32_t value;

	do
		weft_host_random(&value, sizeof(value));
	while (!value);
	return value;
}

static void begin(struct peer *peer)
{
	if (interval_ms)
		weft_bfd_start(&peer->session, new_discriminator(), interval_ms * 1000u, (uint8_t)multiplier,
			       weft_host_now_ns());
}

static void tell(struct peer *peer)
{
	static const char *const names[] = {"unknown", "up", "down"};
	enum weft_liveness now = interval_ms ? weft_bfd_liveness(&peer->session) : WEFT_LIVENESS_UNKNOWN;
	char text[INET6_ADDRSTRLEN] = "";

	if (now == peer->told)
		return;
	inet_ntop(peer->family == 4 ? AF_INET : AF_INET6, peer->destination, text, sizeof(text));
	weftd_log("BFD: %s is %s", text, names[now]);
	peer->told = now;
	weft_plane_liveness_set(plane, peer->family, peer->destination, now);
}

void weftd_liveness_want(uint8_t family, const uint8_t destination[16], bool wanted)
{
	struct peer **link = find(family, destination), *peer = *link;

	if (!wanted && peer) {
		*link = peer->next;
		free(peer);
	}
	if (!wanted || peer)
		return;
	peer = calloc(1, sizeof(*peer));
	if (!peer) {
		weftd_log("BFD: out of memory for a tunnel destination");
		return;
	}
	peer->family = family;
	memcpy(peer->destination, destination, 16);
	*link = peer;
	begin(peer);
}

static void transmit(const struct peer *peer, const uint8_t bytes[WEFT_BFD_BYTES])
{
	int fd = sockets[slot(peer->family)].transmit;
	struct sockaddr_storage to;
	socklen_t length = socket_address(peer->family, peer->destination, WEFT_BFD_PORT, &to);

	/* A refusal is a lost packet, which is what the detection time is for; unreachable networks say so once per packet. */
	if (fd >= 0 && sendto(fd, bytes, WEFT_BFD_BYTES, MSG_NOSIGNAL, (struct sockaddr *)&to, length) < 0)
		return;
}

/* Counted; the 1st, 2nd, 4th, 8th … is said. */
static void refuse(enum weft_bfd_error error)
{
	static const char *const reasons[] = {"",
					      "too short",
					      "not version 1",
					      "length below 24",
					      "a zero field or multipoint",
					      "authenticated",
					      "of no session here"};
	uint64_t count = ++refused[error];

	if (!(count & (count - 1)))
		weftd_log("BFD: %llu packets refused: %s", (unsigned long long)count, reasons[error]);
}

/* One datagram. False: there is none. */
static bool read_one(uint8_t family)
{
	uint8_t bytes[64], reply[WEFT_BFD_BYTES], source[16] = {0};
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	struct weft_bfd_packet packet;
	enum weft_bfd_error error;
	struct peer *peer;
	ssize_t count = recvfrom(sockets[slot(family)].receive, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length);

	if (count < 0)
		return errno == EINTR;
	if (family == 4)
		memcpy(source, &((struct sockaddr_in *)&from)->sin_addr, 4);
	else
		memcpy(source, &((struct sockaddr_in6 *)&from)->sin6_addr, 16);
	error = weft_bfd_parse(bytes, (uint32_t)count, &packet);
	peer = error ? NULL : *find(family, source);
	/* Nobody but the destination itself speaks for it, whatever discriminator is known to others. */
	if (!error && (!peer || (packet.your_discriminator && packet.your_discriminator != peer->session.local_discriminator)))
		error = WEFT_BFD_DISCRIMINATOR;
	if (error)
		refuse(error);
	else if (interval_ms) {
		if (weft_bfd_receive(&peer->session, &packet, weft_host_now_ns(), reply))
			transmit(peer, reply);
		tell(peer);
	}
	return true;
}

void weftd_liveness_read(void)
{
	struct epoll_event events[2];
	int ready = epoll_wait(epoll_fd, events, 2, 0), index;
	uint32_t reads;

	for (index = 0; index < ready; index++)
		for (reads = 0; reads < READS_PER_EVENT && read_one((uint8_t)events[index].data.u32); reads++)
			;
}

/* New intervals reach running sessions by a poll sequence; off and on again starts all anew. */
static void follow_settings(void)
{
	const struct weft_plane_msg *configured = weft_plane_configured(plane);
	bool started = !interval_ms && configured->bfd_interval_ms;
	bool changed = interval_ms != configured->bfd_interval_ms || multiplier != configured->bfd_multiplier;
	struct peer *peer;
	uint32_t index;

	interval_ms = configured->bfd_interval_ms;
	multiplier = configured->bfd_multiplier;
	follow_address(4, interval_ms ? configured->underlay4 : (const uint8_t[16]){0});
	follow_address(6, interval_ms ? configured->underlay6 : (const uint8_t[16]){0});
	for (index = 0; changed && index < BUCKETS; index++) {
		for (peer = buckets[index]; peer; peer = peer->next) {
			if (started)
				begin(peer);
			else if (interval_ms)
				weft_bfd_change(&peer->session, interval_ms * 1000u, (uint8_t)multiplier, weft_host_now_ns());
			else
				tell(peer);
		}
	}
}

void weftd_liveness_run(uint64_t now_ns)
{
	uint8_t bytes[WEFT_BFD_BYTES];
	struct peer *peer;
	uint32_t index;

	if (now_ns < due_ns)
		return;
	due_ns = now_ns + RUN_NS;
	follow_settings();
	if (!interval_ms)
		return;
	for (index = 0; index < BUCKETS; index++) {
		for (peer = buckets[index]; peer; peer = peer->next) {
			jitter ^= jitter << 13;
			jitter ^= jitter >> 17;
			jitter ^= jitter << 5;
			if (weft_bfd_run(&peer->session, now_ns, jitter, bytes))
				transmit(peer, bytes);
			tell(peer);
		}
	}
}

int weftd_liveness_open(struct weft_plane *the_plane)
{
	plane = the_plane;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd >= 0)
		return 0;
	weftd_log("BFD: %s", strerror(errno));
	return -errno;
}

void weftd_liveness_close(void)
{
	struct peer *peer;
	uint32_t index;

	for (index = 0; index < BUCKETS; index++) {
		while ((peer = buckets[index])) {
			buckets[index] = peer->next;
			free(peer);
		}
	}
	close_family(&sockets[0]);
	close_family(&sockets[1]);
	if (epoll_fd >= 0)
		close(epoll_fd);
	epoll_fd = -1;
}

int weftd_liveness_fd(void)
{
	return epoll_fd;
}

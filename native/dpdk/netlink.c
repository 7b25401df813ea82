/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_BYTES 32768

int weftd_netlink_open(uint32_t groups)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	struct timeval timeout = {.tv_sec = 2};
	int fd, bytes = 1 << 20, error;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0), NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (groups && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

void weftd_netlink_clear(struct weftd_netlink *batch)
{
	batch->bytes = batch->count = 0;
	batch->message = NULL;
	batch->full = 0;
}

static void *append(struct weftd_netlink *batch, uint32_t bytes)
{
	uint32_t padded = NLMSG_ALIGN(bytes);
	void *at = batch->buffer + batch->bytes;

	if (batch->full || padded > WEFTD_NETLINK_BYTES - batch->bytes) {
		batch->full = 1;
		return NULL;
	}
	memset(at, 0, padded);
	batch->bytes += padded;
	if (batch->message)
		batch->message->nlmsg_len += padded;
	return at;
}

void weftd_netlink_begin(struct weftd_netlink *batch, uint16_t type, uint16_t flags, const void *body, uint32_t bytes)
{
	struct nlmsghdr *message;
	void *at;

	batch->message = NULL;
	message = append(batch, sizeof(*message));
	if (!message)
		return;
	message->nlmsg_len = sizeof(*message);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++batch->count;
	batch->message = message;
	at = append(batch, bytes);
	if (at)
		memcpy(at, body, bytes);
}

void weftd_netlink_attribute(struct weftd_netlink *batch, uint16_t type, const void *value, uint32_t bytes)
{
	struct rtattr *attribute = append(batch, (uint32_t)RTA_LENGTH(bytes));

	if (!attribute)
		return;
	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(bytes);
	if (bytes)
		memcpy(RTA_DATA(attribute), value, bytes);
}

struct rtattr *weftd_netlink_nest(struct weftd_netlink *batch, uint16_t type)
{
	struct rtattr *nest = append(batch, sizeof(*nest));

	if (nest)
		nest->rta_type = type | NLA_F_NESTED;
	return nest;
}

void weftd_netlink_nest_end(struct weftd_netlink *batch, struct rtattr *nest)
{
	if (nest)
		nest->rta_len = (uint16_t)(batch->buffer + batch->bytes - (uint8_t *)nest);
}

static int transmit(int fd, const struct weftd_netlink *batch)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	if (batch->full)
		return -EMSGSIZE;
	if (sendto(fd, batch->buffer, batch->bytes, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return 0;
}

static int receive(int fd, uint8_t *buffer, uint32_t capacity)
{
	ssize_t bytes;

	do
		bytes = recv(fd, buffer, capacity, 0);
	while (bytes < 0 && errno == EINTR);
	return bytes < 0 ? -errno : (int)bytes;
}

int weftd_netlink_commit(int fd, const struct weftd_netlink *batch, uint32_t *failed)
{
	uint8_t buffer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	uint32_t answered = 0;
	int bytes, result = transmit(fd, batch);

	*failed = 0;
	if (result)
		return result;
	while (answered < batch->count) {
		struct nlmsghdr *message = (struct nlmsghdr *)buffer;

		bytes = receive(fd, buffer, sizeof(buffer));
		if (bytes < 0)
			return bytes;
		for (; NLMSG_OK(message, (uint32_t)bytes); message = NLMSG_NEXT(message, bytes)) {
			const struct nlmsgerr *error = NLMSG_DATA(message);

			if (message->nlmsg_type != NLMSG_ERROR)
				continue;
			answered++;
			if (!error->error || result)
				continue;
			result = error->error;
			*failed = message->nlmsg_seq - 1;
		}
	}
	return result;
}

int weftd_netlink_ask(int fd, const struct weftd_netlink *batch, void *answer, uint32_t capacity)
{
	const struct nlmsghdr *message = answer;
	int bytes = transmit(fd, batch);

	if (bytes)
		return bytes;
	bytes = receive(fd, answer, capacity);
	if (bytes < 0)
		return bytes;
	if (!NLMSG_OK(message, (uint32_t)bytes))
		return -EBADMSG;
	if (message->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
	return bytes;
}

int weftd_netlink_dump(int fd, const struct weftd_netlink *batch, void (*visit)(void *argument, const struct nlmsghdr *message),
		       void *argument)
{
	uint8_t buffer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	int bytes = transmit(fd, batch);

	if (bytes)
		return bytes;
	for (;;) {
		struct nlmsghdr *message = (struct nlmsghdr *)buffer;

		bytes = receive(fd, buffer, sizeof(buffer));
		if (bytes < 0)
			return bytes;
		for (; NLMSG_OK(message, (uint32_t)bytes); message = NLMSG_NEXT(message, bytes)) {
			if (message->nlmsg_type == NLMSG_DONE)
				return 0;
			if (message->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
			visit(argument, message);
		}
	}
}

void weftd_netlink_parse(const struct nlmsghdr *message, uint32_t body, const struct rtattr **table, uint16_t limit)
{
	const struct rtattr *attribute;
	int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(NLMSG_ALIGN(body));

	memset(table, 0, sizeof(table[0]) * (limit + 1u));
	if (left < 0)
		return;
	attribute = (const struct rtattr *)((const uint8_t *)NLMSG_DATA(message) + NLMSG_ALIGN(body));
	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if ((attribute->rta_type & NLA_TYPE_MASK) <= limit)
			table[attribute->rta_type & NLA_TYPE_MASK] = attribute;
}

uint32_t weftd_netlink_u32(const struct rtattr *attribute, uint32_t otherwise)
{
	uint32_t value;

	if (!attribute || RTA_PAYLOAD(attribute) < sizeof(value))
		return otherwise;
	memcpy(&value, RTA_DATA(attribute), sizeof(value));
	return value;
}

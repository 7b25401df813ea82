/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "channel.h"
#include "log.h"
#include "port.h"

static int channel_fd = -1;
static bool stopping;
static struct weftd_kept inherited[WEFT_VIF_LIMIT];
static uint32_t inherited_count;

int weftd_keeper_open(int fd)
{
	struct weftd_channel_message head = {0};
	struct iovec pieces[] = {{&head, sizeof(head)}, {inherited, sizeof(inherited)}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
	ssize_t bytes = recvmsg(fd, &message, 0);
	uint32_t index;

	if (bytes < (ssize_t)sizeof(head) || head.kind != WEFTD_CHANNEL_KEPT || head.vif_id > WEFT_VIF_LIMIT ||
	    bytes != (ssize_t)(sizeof(head) + head.vif_id * sizeof(inherited[0]))) {
		weftd_log("the parent's first message is not understood (%zd bytes)", bytes);
		return -EPROTO;
	}
	channel_fd = fd;
	inherited_count = head.vif_id;
	for (index = 0; index < inherited_count; index++)
		fcntl(inherited[index].fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

int weftd_keeper_fd(void)
{
	return channel_fd;
}

/* What the parent says besides the end of its words is an answer that nobody waits for any more. */
bool weftd_keeper_told_to_stop(void)
{
	struct weftd_channel_message said;
	ssize_t bytes;

	if (stopping)
		return true;
	bytes = recv(channel_fd, &said, sizeof(said), MSG_DONTWAIT);
	if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR))
		stopping = true;
	return stopping;
}

static int tell(enum weftd_channel_kind kind, uint32_t vif_id, const char *name, int fd)
{
	struct weftd_channel_message say = {.kind = kind, .vif_id = vif_id};
	struct iovec piece = {&say, sizeof(say)};
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (name)
		memcpy(say.name, name, sizeof(say.name));
	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	while (sendmsg(channel_fd, &message, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

void weftd_keeper_ready(void)
{
	int error = tell(WEFTD_CHANNEL_READY, 0, NULL, -1);

	if (error)
		weftd_log("parent: %s", strerror(-error));
}

int weftd_keeper_keep(uint32_t vif_id, const char name[WEFT_IFNAME_BYTES], int fd, char *text)
{
	int error = tell(WEFTD_CHANNEL_KEEP, vif_id, name, fd);

	return error ? weftd_refuse(text, error, "name '%s': the parent process does not take its file: %s", name,
				    strerror(-error))
		     : 0;
}

void weftd_keeper_forget(uint32_t vif_id)
{
	struct weftd_channel_message said = {0};
	ssize_t bytes;

	if (stopping || tell(WEFTD_CHANNEL_FORGET, vif_id, NULL, -1))
		return;
	do
		bytes = recv(channel_fd, &said, sizeof(said), 0);
	while ((bytes < 0 && errno == EINTR) || (bytes > 0 && (said.kind != WEFTD_CHANNEL_FORGOTTEN || said.vif_id != vif_id)));
	if (bytes <= 0)
		stopping = true; /* it closes all of them */
}

int weftd_keeper_take(uint32_t vif_id, const char name[WEFT_IFNAME_BYTES])
{
	uint32_t index;
	int fd;

	for (index = 0; index < inherited_count; index++) {
		if (inherited[index].vif_id != vif_id || memcmp(inherited[index].name, name, WEFT_IFNAME_BYTES))
			continue;
		fd = inherited[index].fd;
		inherited[index] = inherited[--inherited_count];
		return fd;
	}
	return -1;
}

uint32_t weftd_keeper_drop_rest(void)
{
	uint32_t dropped = inherited_count;

	while (inherited_count) {
		inherited_count--;
		weftd_keeper_forget(inherited[inherited_count].vif_id);
		weftd_close_device(inherited[inherited_count].fd);
	}
	weftd_closing_wait();
	return dropped;
}

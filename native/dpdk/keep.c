/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static struct weftd_kept kept[WEFT_VIF_LIMIT]; /* dense */
static uint32_t kept_count;

void weftd_keep_forget(uint32_t vif_id)
{
	uint32_t index;

	for (index = 0; index < kept_count; index++) {
		if (kept[index].vif_id != vif_id)
			continue;
		close(kept[index].fd);
		kept[index] = kept[--kept_count];
		return;
	}
}

void weftd_keep(uint32_t vif_id, const char name[WEFT_IFNAME_BYTES], int fd)
{
	weftd_keep_forget(vif_id);
	if (kept_count == WEFT_VIF_LIMIT) { /* never: a worker has no more vifs */
		close(fd);
		return;
	}
	kept[kept_count] = (struct weftd_kept){.fd = fd, .vif_id = vif_id};
	memcpy(kept[kept_count].name, name, WEFT_IFNAME_BYTES);
	kept_count++;
}

void weftd_keep_forget_all(void)
{
	while (kept_count)
		close(kept[--kept_count].fd);
}

int weftd_keep_send(int channel_fd)
{
	struct weftd_channel_message head = {.kind = WEFTD_CHANNEL_KEPT, .vif_id = kept_count};
	struct iovec pieces[] = {{&head, sizeof(head)}, {kept, kept_count * sizeof(kept[0])}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};

	return sendmsg(channel_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

void weftd_keep_inherit(void)
{
	uint32_t index;

	for (index = 0; index < kept_count; index++)
		fcntl(kept[index].fd, F_SETFD, 0);
}

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The agent's end of pkt0, against a socket that this test listens on. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"
#include "weft_client.h"

static char folder[] = "/tmp/weft-pkt0-XXXXXX", path[64];
static int listener = -1;

static int plane_accepts(void)
{
	int fd = accept(listener, NULL, NULL);

	CHECK(fd >= 0);
	return fd;
}

static void opens_what_listens(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char longer[200];
	int fd;

	memset(longer, 'n', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	CHECK(weft_pkt0_open(longer) == -ENAMETOOLONG);
	CHECK(weft_pkt0_open(path) == -ENOENT);
	strcpy(at.sun_path, path);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	CHECK(!bind(listener, (struct sockaddr *)&at, sizeof(at)));
	CHECK(weft_pkt0_open(path) == -ECONNREFUSED);
	CHECK(!listen(listener, 4));
	fd = weft_pkt0_open(path);
	CHECK(fd >= 0);
	close(plane_accepts());
	close(fd);
}

static void receives_whole_datagrams(void)
{
	static uint8_t datagram[65536], got[65536];
	struct weft_trap_header header = {.reason = WEFT_TRAP_DHCP, .vif_id = 3, .vrf_id = 4, .bytes = 65000 - sizeof(header)};
	int agent = weft_pkt0_open(path), plane = plane_accepts();

	for (uint32_t i = 0; i < sizeof(datagram); i++)
		datagram[i] = (uint8_t)(i * 7);
	memcpy(datagram, &header, sizeof(header));
	CHECK(weft_pkt0_receive(agent, got, sizeof(got), 0) == -ETIMEDOUT);
	CHECK(weft_pkt0_receive(agent, got, sizeof(got), 20) == -ETIMEDOUT);
	CHECK(weft_pkt0_receive(agent, got, sizeof(got), 1u << 31) == -EINVAL);
	CHECK(send(plane, datagram, 65000, 0) == 65000);
	CHECK(weft_pkt0_receive(agent, got, sizeof(got), 5000) == 65000 && !memcmp(got, datagram, 65000));
	CHECK(send(plane, datagram, 65000, 0) == 65000);
	CHECK(weft_pkt0_receive(agent, got, 64999, 5000) == -EMSGSIZE);
	CHECK(send(plane, datagram, 64999, 0) == 64999);
	CHECK(weft_pkt0_receive(agent, got, sizeof(got), 5000) == -EPROTO);
	CHECK(send(plane, datagram, sizeof(header) - 1, 0) == (ssize_t)sizeof(header) - 1);
	CHECK(weft_pkt0_receive(agent, got, sizeof(got), 5000) == -EPROTO);
	close(plane);
	CHECK(weft_pkt0_receive(agent, got, sizeof(got), 5000) == -EPIPE);
	close(agent);
}

static void injects_header_and_frame_as_one(void)
{
	uint8_t frame[100], got[200];
	struct weft_injection_header header = {.operation = WEFT_INJECTION_OUT_OF_VIF, .vif_id = 7, .bytes = sizeof(frame)};
	int agent = weft_pkt0_open(path), plane = plane_accepts();

	memset(frame, 0x5a, sizeof(frame));
	CHECK(weft_pkt0_inject(agent, &header, frame, sizeof(frame) - 1) == -EINVAL);
	CHECK(weft_pkt0_inject(agent, &header, frame, 0) == -EINVAL);
	CHECK(weft_pkt0_inject(agent, &header, frame, sizeof(frame)) == 0);
	CHECK(recv(plane, got, sizeof(got), 0) == (ssize_t)(sizeof(header) + sizeof(frame)));
	CHECK(!memcmp(got, &header, sizeof(header)) && !memcmp(got + sizeof(header), frame, sizeof(frame)));
	close(plane);
	CHECK(weft_pkt0_inject(agent, &header, frame, sizeof(frame)) == -EPIPE);
	close(agent);
}

int main(void)
{
	if (!mkdtemp(folder)) {
		perror(folder);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/pkt0", folder);
	RUN(opens_what_listens);
	RUN(receives_whole_datagrams);
	RUN(injects_header_and_frame_as_one);
	close(listener);
	unlink(path);
	rmdir(folder);
	return test_end();
}

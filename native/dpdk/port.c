/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Device half of weft_host.h: attach, detach, transmit. */
#include "port.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "control.h"
#include "log.h"
#include "memory.h"
#include "mirror.h"
#include "packet.h"
#include "weft_host.h"
#include "weft_tables.h"
#include "worker.h"

static struct weftd_port *ports;
static bool held;

int weftd_refuse(char *text, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, WEFT_ERROR_TEXT_BYTES, format, arguments);
	va_end(arguments);
	return error;
}

struct weftd_port *weftd_ports(void) { return ports; }

struct weftd_port *weftd_port_uplink(uint32_t ifindex)
{
	struct weftd_port *port;

	for (port = ports; port; port = port->next)
		if (port->type == WEFT_VIF_PHYSICAL && ifindex && port->ifindex == ifindex)
			return port;
	return NULL;
}

static void set_carrier(struct weftd_port *port, bool up)
{
	struct weft_vif *vif = weft_vif_get(port->plane, port->vif_id);

	if (port->carrier == up)
		return;
	port->carrier = up;
	if (vif)
		weft_plane_set_carrier(port->plane, vif, up);
}

void weftd_ports_check(void)
{
	struct weftd_port *port;

	for (port = ports; port; port = port->next) {
		if (!port->carrier || !__atomic_load_n(&port->failed, __ATOMIC_ACQUIRE))
			continue;
		weftd_log("vif %u: its device is gone", port->vif_id);
		set_carrier(port, false);
	}
}

void weftd_port_link_changed(struct weftd_port *port, const uint8_t mac[6], uint32_t mtu, bool up)
{
	struct weft_vif *vif = weft_vif_get(port->plane, port->vif_id);

	if (memcmp(port->mac, mac, 6)) {
		memcpy(port->mac, mac, 6);
		if (vif)
			memcpy(vif->mac, mac, 6);
		weftd_log("vif %u: MAC is now %02x:%02x:%02x:%02x:%02x:%02x", port->vif_id, mac[0], mac[1], mac[2], mac[3], mac[4],
			  mac[5]);
	}
	if (port->mtu != mtu)
		weftd_log("vif %u: MTU is now %u", port->vif_id, mtu);
	port->mtu = mtu;
	if (port->carrier != up)
		weftd_log("vif %u: link is %s", port->vif_id, up ? "up" : "down");
	set_carrier(port, up);
}

void weftd_port_failed(struct weftd_port *port, struct weftd_worker *worker, int error)
{
	weftd_worker_forget(worker, port);
	if (__atomic_exchange_n(&port->failed, true, __ATOMIC_ACQ_REL))
		return;
	weftd_log("vif %u: receive: %s", port->vif_id, strerror(error));
	weftd_control_wake();
}

void weftd_port_drop(struct weftd_port *port, struct weftd_worker *worker, enum weft_drop reason, uint32_t packets)
{
	struct weft_vif *vif = weft_vif_get(port->plane, port->vif_id);

	if (vif && packets)
		weft_plane_count_refused(port->plane, worker->index, vif, reason, packets);
}

void weftd_port_unsent(struct weftd_port *port, struct weftd_worker *worker, enum weft_drop reason, uint32_t packets)
{
	struct weft_vif *vif = weft_vif_get(port->plane, port->vif_id);

	if (vif && packets)
		weft_plane_count_unsent(port->plane, worker->index, vif, reason, packets);
}

static const struct weftd_port_ops *ops_of(uint8_t kind)
{
	switch (kind) {
	case WEFT_PORT_TAP:
		return &weftd_port_tap;
	case WEFT_PORT_AF_PACKET:
		return &weftd_port_afpacket;
	case WEFT_PORT_ETHDEV:
		return &weftd_port_ethdev;
	case WEFT_PORT_UNIX:
		return &weftd_port_unix;
	default:
		return NULL;
	}
}

/* Gives the port its device and a worker. 0 or negative errno with a text; then it is as before. */
static int open_port(struct weftd_port *port, struct weft_vif *vif, const struct weft_vif_msg *message, bool adopt, char *text)
{
	const struct weftd_port_ops *ops = ops_of(message->port_kind);
	int error;

	if (!ops)
		return weftd_refuse(text, -EINVAL, "port_kind %u: none of 0 .. %u", message->port_kind, WEFT_PORT_UNIX);
	error = adopt && ops->adopt ? ops->adopt(port, message, text) : ops->open(port, message, text);
	if (error)
		return error;
	/* All of it before a worker has the port: packets may be waiting, a pod's first ARP request among them, and are answered at once. */
	port->carrier = true;
	port->ops = ops;
	if (message->type == WEFT_VIF_PHYSICAL)
		memcpy(vif->mac, port->mac, 6);
	weft_plane_set_carrier(port->plane, vif, true);
	error = weftd_workers_add(port);
	if (error) {
		weftd_refuse(text, error, "vif_id %u: no worker takes its port: %s", message->vif_id, strerror(-error));
		weft_plane_set_carrier(port->plane, vif, false);
		port->ops = NULL;
		ops->close(port);
	}
	return error;
}

int weft_host_vif_attach(struct weft_plane *plane, struct weft_vif *vif, const struct weft_vif_msg *message, char *text)
{
	struct weftd_port *port;
	int error;

	vif->host = NULL;
	if (message->port_kind == WEFT_PORT_NONE)
		return 0;
	/* A vif deleted in the same frame may still hold the name or the device. */
	if (weftd_deferred_calls_pending())
		weftd_deferred_flush();
	weftd_closing_wait();
	port = calloc(1, sizeof(*port));
	if (!port)
		return weftd_refuse(text, -ENOMEM, "vif_id %u: no memory for its port", message->vif_id);
	port->plane = plane;
	port->vif_id = message->vif_id;
	port->type = message->type;
	port->fd = -1;
	port->queues = 1;
	vif->host = port; /* a worker may transmit as soon as there is a carrier */
	error = held ? 0 : open_port(port, vif, message, false, text);
	if (error) {
		vif->host = NULL;
		free(port);
		return error;
	}
	port->next = ports;
	ports = port;
	if (message->type == WEFT_VIF_PHYSICAL)
		weftd_mirror_resync();
	return 0;
}

void weftd_ports_hold(void) { held = true; }

/* As a client would: the journal has it, and the agent finds the vif missing. */
static void delete_vif(struct weft_plane *plane, uint32_t vif_id)
{
	static struct {
		struct weft_frame_header frame;
		struct weft_message_header header;
		struct weft_vif_msg body;
	} request;
	static uint8_t answer[4096];

	request.frame = (struct weft_frame_header){sizeof(request), 0, 1, 0};
	request.header = (struct weft_message_header){WEFT_OBJECT_VIF, WEFT_OPERATION_DELETE,
						      sizeof(request.header) + sizeof(request.body), 0, 0};
	request.body.vif_id = vif_id;
	weft_plane_apply(plane, &request, sizeof(request), answer, sizeof(answer));
}

/* Uplinks before the ports that send through them. */
static uint32_t resume(struct weft_plane *plane, bool physical)
{
	struct weftd_port *port, *next;
	char text[WEFT_ERROR_TEXT_BYTES];
	uint32_t there = 0;

	for (port = ports; port; port = next) {
		struct weft_vif *vif = weft_vif_get(plane, port->vif_id);

		next = port->next;
		if (port->ops || (port->type == WEFT_VIF_PHYSICAL) != physical)
			continue;
		if (!open_port(port, vif, vif->message, true, text)) {
			there++;
			continue;
		}
		weftd_log("vif %u is not taken over: %s", port->vif_id, text);
		delete_vif(plane, port->vif_id); /* the port itself goes after a grace period */
	}
	return there;
}

uint32_t weftd_ports_resume(struct weft_plane *plane)
{
	uint32_t there;

	held = false;
	weftd_deferred_flush(); /* the journal's last deletions: only ports of vifs are left */
	there = resume(plane, true) + resume(plane, false);
	weftd_deferred_flush();
	return there;
}

static void close_port(struct weftd_port *port)
{
	struct weftd_port **link;

	for (link = &ports; *link; link = &(*link)->next) {
		if (*link == port) {
			*link = port->next;
			break;
		}
	}
	if (port->ops) {
		weftd_workers_remove(port);
		weftd_rcu_synchronize();
		port->ops->close(port);
	}
	free(port);
}

void weft_host_vif_detach(struct weft_plane *plane, struct weft_vif *vif)
{
	struct weftd_port *port = vif->host;

	(void)plane;
	if (!port)
		return;
	vif->host = NULL;
	if (port->type == WEFT_VIF_PHYSICAL)
		weftd_mirror_resync();
	close_port(port);
}

void weftd_ports_close(void)
{
	while (ports)
		close_port(ports);
	weftd_closing_wait();
}

void weft_host_transmit(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, struct weft_packet **packets,
			uint32_t count)
{
	struct weftd_port *port = vif->host;
	uint32_t index, refused;

	if (WEFT_UNLIKELY(!port || !vif->carrier)) {
		for (index = 0; index < count; index++)
			weftd_packet_free(packets[index]);
		weft_plane_count_unsent(plane, worker, vif, WEFT_DROP_INVALID_VIF, count);
		return;
	}
	refused = port->ops->transmit(port, weftd_worker_at(worker), packets, count);
	if (WEFT_UNLIKELY(refused))
		weft_plane_count_unsent(plane, worker, vif, WEFT_DROP_TX_FULL, refused);
}

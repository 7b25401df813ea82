/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * A port is the device behind a vif. One worker receives on it, or with as many receive queues as workers each of them receives
 * on its own, as the device spreads flows over them. Any worker sends. Control opens and closes it.
 */
#ifndef WEFTD_PORT_H
#define WEFTD_PORT_H

#include "weft_packet.h"
#include "weft_plane.h"

struct weftd_worker;
struct weftd_port;

struct weftd_port_ops {
	const char *name;
	/* Control. 0 or negative errno with a text that names field and value; nothing is left behind then. */
	int (*open)(struct weftd_port *port, const struct weft_vif_msg *message, char *text);
	/* Control. In place of open, for a device that a worker process before this one made. NULL: open makes no device. */
	int (*adopt)(struct weftd_port *port, const struct weft_vif_msg *message, char *text);
	/* Worker. Takes at most a burst from the device into weft_plane_input. Packets taken. */
	uint32_t (*receive)(struct weftd_port *port, struct weftd_worker *worker);
	/* Worker. Owns every packet; returns how many the device refused (they are freed). */
	uint32_t (*transmit)(struct weftd_port *port, struct weftd_worker *worker, struct weft_packet **packets, uint32_t count);
	/* Control, after a grace period: no worker is inside. */
	void (*close)(struct weftd_port *port);
};

struct weftd_port {
	const struct weftd_port_ops *ops; /* NULL: held, see weftd_ports_hold */
	struct weft_plane *plane;
	struct weftd_port *next; /* control: every open port */
	uint32_t vif_id;
	uint32_t queues;	 /* receive queues: 1, or one per worker */
	uint32_t worker;	 /* who receives, when there is one queue */
	uint8_t type;            /* enum weft_vif_type */
	bool carrier;            /* control: as last told to the plane */
	bool failed;             /* set by the worker once, atomically: the device is gone */
	int fd;                  /* to wait on, -1: must be polled */
	int fds[WEFT_WORKERS_MAX]; /* several queues: each worker's; the first is fd */
	uint32_t ifindex;        /* PHYSICAL: netdev behind it in the plane's namespace, 0: none */
	uint32_t mtu;            /* PHYSICAL: of the netdev */
	uint8_t mac[6];
	void *state;             /* the kind's */
};

static inline int weftd_port_fd(const struct weftd_port *port, uint32_t worker)
{
	return port->queues > 1 ? port->fds[worker] : port->fd;
}

extern const struct weftd_port_ops weftd_port_tap, weftd_port_afpacket, weftd_port_ethdev, weftd_port_unix;

/* Control. Open ports, linked by next. */
struct weftd_port *weftd_ports(void);
/* Control. The uplink on this netdev, or NULL. */
struct weftd_port *weftd_port_uplink(uint32_t ifindex);
/* Control. Tells the plane about ports whose device went away. */
void weftd_ports_check(void);
/* Control. The netdev under an uplink changed: address, MTU, carrier. */
void weftd_port_link_changed(struct weftd_port *port, const uint8_t mac[6], uint32_t mtu, bool up);
/* Worker. The device is gone: stop polling it and tell control. */
void weftd_port_failed(struct weftd_port *port, struct weftd_worker *worker, int error);
/* Worker. Counts packets that arrived and were dropped before the core saw them. */
void weftd_port_drop(struct weftd_port *port, struct weftd_worker *worker, enum weft_drop reason, uint32_t packets);
/* Worker. Counts packets given to transmit that did not leave, for a reason of their own. */
void weftd_port_unsent(struct weftd_port *port, struct weftd_worker *worker, enum weft_drop reason, uint32_t packets);
/* Control. Until resume, vifs get no device: those of the journal that are gone again at its end never do. */
void weftd_ports_hold(void);
/* Control. Opens or adopts the devices; a vif whose device cannot be had is logged and deleted. Returns how many are there. */
uint32_t weftd_ports_resume(struct weft_plane *plane);
/* Control. Closes every port, when the plane is gone. */
void weftd_ports_close(void);

/*
 * Control. Closes a file whose device goes with it, on a thread of its own: the kernel takes ~20 ms to unregister a netdev, most of
 * it waiting, so many go at once. The device is gone when weftd_closing_wait returns.
 */
void weftd_close_device(int fd);
void weftd_closing_wait(void);

/* Error text of an attach. */
int weftd_refuse(char *text, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Any DPDK poll-mode driver by its devargs, without offloads but one: with several workers a device that can spread flows (RSS)
 * has a receive queue for each of them, else one worker receives. As many transmit queues as workers when it has them. Packets
 * leave in one segment with their checksum complete; segmentation metadata is refused.
 */
#include <stdlib.h>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_spinlock.h>

#include "log.h"
#include "packet.h"
#include "port.h"
#include "worker.h"

#define RX_DESCRIPTORS 512
#define TX_DESCRIPTORS 512
#define BURST 32

struct ethdev {
	uint16_t id;
	bool probed;	     /* the plane brought the device up and removes it */
	uint16_t transmits;  /* queues: one per worker, or 1 */
	rte_spinlock_t lock; /* of the one transmit queue of several workers */
};

static uint32_t ethdev_receive(struct weftd_port *port, struct weftd_worker *worker)
{
	struct ethdev *state = port->state;
	struct rte_mbuf *mbufs[BURST];
	struct weft_packet *packets[BURST];
	uint16_t count = rte_eth_rx_burst(state->id, port->queues > 1 ? (uint16_t)worker->index : 0, mbufs, BURST);

	if (!count)
		return 0;
	if (weftd_packets_adopt(mbufs, packets, count, port->vif_id))
		weft_plane_input(port->plane, worker->index, port->vif_id, packets, count);
	else
		weftd_port_drop(port, worker, WEFT_DROP_NO_MEMORY, count);
	return count;
}

static uint16_t send_burst(struct ethdev *state, const struct weftd_worker *worker, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t sent;

	if (state->transmits > 1)
		return rte_eth_tx_burst(state->id, (uint16_t)worker->index, mbufs, count);
	rte_spinlock_lock(&state->lock);
	sent = rte_eth_tx_burst(state->id, 0, mbufs, count);
	rte_spinlock_unlock(&state->lock);
	return sent;
}

static uint32_t ethdev_transmit(struct weftd_port *port, struct weftd_worker *worker, struct weft_packet **packets,
				uint32_t count)
{
	struct ethdev *state = port->state;
	struct rte_mbuf *mbufs[WEFT_BURST_MAX];
	uint32_t index, refused = 0, ready;
	uint16_t sent;

	for (index = 0; index < count;) {
		for (ready = 0; ready < WEFT_BURST_MAX && index < count; index++) {
			struct rte_mbuf *mbuf = weftd_packet_mbuf(packets[index]);

			if (packets[index]->gso != WEFT_GSO_NONE || packets[index]->flags & WEFT_PACKET_CSUM_PARTIAL ||
			    rte_pktmbuf_linearize(mbuf)) {
				rte_pktmbuf_free(mbuf);
				refused++;
				continue;
			}
			mbuf->ol_flags = 0;
			mbufs[ready++] = mbuf;
		}
		sent = send_burst(state, worker, mbufs, (uint16_t)ready);
		refused += ready - sent;
		rte_pktmbuf_free_bulk(mbufs + sent, ready - sent);
	}
	weftd_packets_end(packets, count);
	return refused;
}

static int find(const char *devargs, uint16_t *id)
{
	struct rte_dev_iterator iterator;
	uint16_t each;
	int found = -ENODEV;

	RTE_ETH_FOREACH_MATCHING_DEV(each, devargs, &iterator)
	{
		if (found)
			*id = each;
		found = 0;
	}
	return found;
}

/* Queues for every worker where the device has them, and the settings that spread flows over them. */
static void choose_queues(struct weftd_port *port, struct ethdev *state, struct rte_eth_conf *settings)
{
	uint32_t workers = weftd_workers_count();
	struct rte_eth_dev_info details;

	state->transmits = 1;
	if (workers < 2 || rte_eth_dev_info_get(state->id, &details))
		return;
	if (details.max_tx_queues >= workers)
		state->transmits = (uint16_t)workers;
	settings->rx_adv_conf.rss_conf.rss_hf =
	    (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP) & details.flow_type_rss_offloads;
	if (details.max_rx_queues < workers || !settings->rx_adv_conf.rss_conf.rss_hf)
		return;
	settings->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	port->queues = workers;
	memset(port->fds, 0xff, sizeof(port->fds)); /* polled */
}

static int start(struct weftd_port *port, struct ethdev *state, uint32_t mtu)
{
	struct rte_eth_conf settings = {.rxmode.mtu = mtu};
	struct rte_mempool *pool = mtu + 32 <= WEFTD_SMALL_BYTES ? weftd_pool_small() : weftd_pool_large();
	uint16_t queue;
	int error;

	choose_queues(port, state, &settings);
	error = rte_eth_dev_configure(state->id, (uint16_t)port->queues, state->transmits, &settings);
	for (queue = 0; queue < port->queues && !error; queue++)
		error = rte_eth_rx_queue_setup(state->id, queue, RX_DESCRIPTORS, SOCKET_ID_ANY, NULL, pool);
	for (queue = 0; queue < state->transmits && !error; queue++)
		error = rte_eth_tx_queue_setup(state->id, queue, TX_DESCRIPTORS, SOCKET_ID_ANY, NULL);
	if (!error)
		error = rte_eth_dev_start(state->id);
	if (!error && rte_eth_promiscuous_enable(state->id))
		weftd_log("ethdev %u: promiscuous mode is not available", state->id);
	return error;
}

static void remove_device(struct ethdev *state)
{
	struct rte_eth_dev_info details;

	if (rte_eth_dev_info_get(state->id, &details) || !details.device)
		return;
	rte_eth_dev_stop(state->id);
	rte_eth_dev_close(state->id);
	if (state->probed && rte_dev_remove(details.device))
		weftd_log("ethdev %u: cannot be removed: %s", state->id, rte_strerror(rte_errno));
}

static int ethdev_open(struct weftd_port *port, const struct weft_vif_msg *message, char *text)
{
	struct ethdev *state = calloc(1, sizeof(*state));
	struct rte_eth_dev_info details;
	struct rte_ether_addr mac;
	uint16_t mtu;
	int error;

	if (!state)
		return weftd_refuse(text, -ENOMEM, "vif_id %u: no memory for its port", message->vif_id);
	rte_spinlock_init(&state->lock);
	if (find(message->device, &state->id)) {
		error = rte_dev_probe(message->device);
		if (!error)
			error = find(message->device, &state->id);
		if (error) {
			free(state);
			return weftd_refuse(text, error, "device '%s': no DPDK driver takes it: %s", message->device,
					    rte_strerror(-error));
		}
		state->probed = true;
	}
	error = start(port, state, message->mtu);
	if (!error)
		error = rte_eth_macaddr_get(state->id, &mac);
	if (!error)
		error = rte_eth_dev_get_mtu(state->id, &mtu);
	if (!error)
		error = rte_eth_dev_info_get(state->id, &details);
	if (error) {
		remove_device(state);
		free(state);
		return weftd_refuse(text, error, "device '%s', mtu %u: cannot be started: %s", message->device, message->mtu,
				    rte_strerror(-error));
	}
	memcpy(port->mac, mac.addr_bytes, 6);
	port->mtu = mtu;
	port->ifindex = details.if_index;
	port->state = state;
	return 0;
}

static void ethdev_close(struct weftd_port *port)
{
	remove_device(port->state);
	free(port->state);
}

const struct weftd_port_ops weftd_port_ethdev = {
    .name = "ethdev",
    .open = ethdev_open,
    .receive = ethdev_receive,
    .transmit = ethdev_transmit,
    .close = ethdev_close,
};

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The kernel's side of an AF_PACKET uplink: the device, the packet socket, and the tunnel ports it must not answer for. Control. */
#ifndef WEFTD_UPLINK_H
#define WEFTD_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#define WEFTD_PORT_VXLAN 4789u /* RFC 7348 */
#define WEFTD_PORT_MPLS 6635u  /* RFC 7510 */

/* Index, MAC and MTU of an Ethernet netdev of the daemon's namespace. 0 or negative errno with a text. */
int weftd_uplink_device(const char *device, uint32_t *ifindex, uint8_t mac[6], uint32_t *mtu, char *text);
/*
 * A bound, non-blocking packet socket with weftd_filter_uplink: all of its packets, or as a member of *group (-1: a new one,
 * which is set) those whose outer flow's hash is its own. Negative errno with a text.
 */
int weftd_uplink_socket(const char *device, uint32_t ifindex, bool native, int *group, char *text);
/*
 * Takes UDP 4789 and 6635 and GRE of both families in the daemon's namespace, so that the kernel, which keeps the host's
 * address, does not answer tunnel packets with ICMP unreachable (GRE: unless a GRE tunnel device of its own makes it). Counted:
 * release as often. 0 or negative errno with a text.
 */
int weftd_uplink_claim(char *text);
void weftd_uplink_release(void);

#endif

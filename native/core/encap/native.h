/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* No tunnel: a tenant's packet leaves by an uplink as it is, and what comes by one is routed. */
#ifndef WEFT_NATIVE_H
#define WEFT_NATIVE_H

#include "../worker.h"

/*
 * A packet of an uplink with WEFT_VIF_NATIVE that is not addressed to this host. Parsed, its source is no local port's, and the
 * vif's VRF has a route for it: step is as after weft_enter_port. NOT_FOR_US without a route.
 */
enum weft_drop weft_native_enter(struct weft_worker *worker, struct weft_step *step, uint8_t family);
/* Out of the uplink way->vif to the gateway of way->nexthop. Cut, segmented or refused as before a tunnel. */
enum weft_drop weft_native_output(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way);

#endif

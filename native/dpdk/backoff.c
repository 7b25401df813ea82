/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "backoff.h"

uint64_t weftd_backoff_after(struct weftd_backoff *backoff, uint64_t lived_ns)
{
	uint64_t wait;

	if (lived_ns >= WEFTD_SHORT_LIFE_NS) {
		backoff->short_lives = 0;
		return 0;
	}
	if (backoff->short_lives < UINT32_MAX)
		backoff->short_lives++;
	if (backoff->short_lives <= WEFTD_SHORT_LIVES_AT_ONCE)
		return 0;
	wait = (backoff->short_lives - WEFTD_SHORT_LIVES_AT_ONCE) * WEFTD_WAIT_NS_MIN;
	return wait < WEFTD_WAIT_NS_MAX ? wait : WEFTD_WAIT_NS_MAX;
}

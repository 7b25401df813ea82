/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* When the next worker starts. */
#include "../tests/unit/test.h"
#include "backoff.h"

#define SECOND_NS 1000000000ull

static void shortLivesAreFollowedAtOnceThenSlower(void)
{
	static const uint64_t seconds[] = {0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10};
	struct weftd_backoff backoff = {0};

	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		CHECK(weftd_backoff_after(&backoff, SECOND_NS) == seconds[i] * SECOND_NS);
}

static void aLongLifeForgetsThem(void)
{
	struct weftd_backoff backoff = {0};

	for (int i = 0; i < 20; i++)
		weftd_backoff_after(&backoff, 29 * SECOND_NS);
	CHECK(weftd_backoff_after(&backoff, 30 * SECOND_NS) == 0);
	for (int i = 0; i < 5; i++)
		CHECK(weftd_backoff_after(&backoff, 0) == 0);
	CHECK(weftd_backoff_after(&backoff, 0) == SECOND_NS);
}

static void itNeverGivesUp(void)
{
	struct weftd_backoff backoff = {.short_lives = UINT32_MAX - 1};

	for (int i = 0; i < 3; i++)
		CHECK(weftd_backoff_after(&backoff, 0) == 10 * SECOND_NS);
}

int main(void)
{
	RUN(shortLivesAreFollowedAtOnceThenSlower);
	RUN(aLongLifeForgetsThem);
	RUN(itNeverGivesUp);
	return test_end();
}

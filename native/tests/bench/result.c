/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What rows say, as a table and as JSON. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

void bench_result_cycles(struct bench_result *result, double *ours, double *reference, uint32_t count, double *canary,
			 uint32_t canaries)
{
	result->ours = bench_spread_of(ours, count);
	if (reference)
		result->reference = bench_spread_of(reference, count);
	result->canary = bench_spread_of(canary, canaries).p50;
	free(ours);
	free(reference);
	free(canary);
}

void bench_result_ratio(struct bench_result *result, double goal)
{
	result->value = result->ratio = result->ours.p50 / result->reference.p50;
	result->unit = "ratio";
	if (goal <= 0)
		return;
	snprintf(result->goal, sizeof(result->goal), "ratio <= %g", goal);
	result->met = result->ratio <= goal;
}

void bench_result_rate(struct bench_result *result, double goal)
{
	result->value = (double)rte_get_tsc_hz() / result->ours.p50 / 1e6;
	bench_result_value(result, "M/s", goal, true);
}

void bench_result_value(struct bench_result *result, const char *unit, double goal, bool at_least)
{
	result->unit = unit;
	if (goal <= 0)
		return;
	snprintf(result->goal, sizeof(result->goal), "%s %g", at_least ? ">=" : "<=", goal);
	result->met = at_least ? result->value >= goal : result->value <= goal;
}

void bench_result_head(void)
{
	printf("%-24s %7s %7s %7s %7s | %7s %7s %7s %7s | %6s %6s  %s\n", "cycles per packet", "min", "p10", "p50", "p90",
	       "ref min", "p10", "p50", "p90", "ratio", "canary", "goal");
}

static void print_spread(const struct bench_spread *spread)
{
	if (spread->p50 > 0)
		printf(" %7.1f %7.1f %7.1f %7.1f |", spread->min, spread->p10, spread->p50, spread->p90);
	else
		printf(" %7s %7s %7s %7s |", "", "", "", "");
}

void bench_result_print(const struct bench_result *result)
{
	const char *met = result->met < 0 ? "" : result->met ? ": met" : ": MISSED";

	printf("%-24s", result->name);
	print_spread(&result->ours);
	print_spread(&result->reference);
	if (result->ratio > 0)
		printf(" %6.2f", result->ratio);
	else
		printf(" %6s", "");
	if (result->canary > 0)
		printf(" %6.2f ", result->canary);
	else
		printf(" %6s ", "");
	if (result->unit && result->ratio <= 0)
		printf(" %.4g %s", result->value, result->unit);
	printf(" %s%s\n", result->goal, met);
	if (result->note[0])
		printf("%-24s %s\n", "", result->note);
	fflush(stdout);
}

static void json_spread(const char *name, const struct bench_spread *spread)
{
	if (spread->p50 > 0)
		printf(", \"%s_min\": %.1f, \"%s_p10\": %.1f, \"%s_p50\": %.1f, \"%s_p90\": %.1f", name, spread->min, name,
		       spread->p10, name, spread->p50, name, spread->p90);
	else
		printf(", \"%s_p50\": null", name);
}

static void json_number(const char *name, double value, bool there)
{
	if (there)
		printf(", \"%s\": %.4g", name, value);
	else
		printf(", \"%s\": null", name);
}

void bench_result_json(const struct bench_result *result, bool first)
{
	printf("%s\n  {\"name\": \"%s\"", first ? "[" : ",", result->name);
	json_spread("cycles", &result->ours);
	json_spread("reference", &result->reference);
	json_number("ratio", result->ratio, result->ratio > 0);
	json_number("canary", result->canary, result->canary > 0);
	json_number("value", result->value, result->unit != NULL);
	printf(", \"unit\": \"%s\", \"goal\": \"%s\", \"met\": %s, \"note\": \"%s\"}", result->unit ? result->unit : "",
	       result->goal,
	       result->met < 0 ? "null"
	       : result->met   ? "true"
			       : "false",
	       result->note);
	fflush(stdout);
}

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Runs the ABI fuzz target without a fuzzer: the messages of the fuzz tables in random order, set, deleted, read and swept,
 * each also changed. weft-fuzz-abi-replay [rounds [seed]]; --write FOLDER: seeds for a fuzzer; --file FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../vectors/vector.h"
#include "fuzz_input.h"

#define INPUT_MAX 100000u
#define RECORDS 24u

static struct vector tables;
static uint8_t input[INPUT_MAX];
static uint32_t used;
static uint64_t state;

static uint32_t random_below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % limit;
}

static void append_record(uint8_t object, uint8_t operation, const void *body, uint32_t bytes)
{
	uint8_t header[4] = {object, operation, (uint8_t)bytes, (uint8_t)(bytes >> 8)};

	if (used + sizeof(header) + bytes > INPUT_MAX)
		return;
	memcpy(input + used, header, sizeof(header));
	if (bytes)
		memcpy(input + used + sizeof(header), body, bytes);
	used += (uint32_t)sizeof(header) + bytes;
}

static void append_table(const struct vector_step *step, uint8_t operation)
{
	const struct weft_message_header *header = (const void *)step->bytes;

	append_record((uint8_t)header->object, operation, step->bytes + sizeof(*header),
		      step->byte_count - (uint32_t)sizeof(*header));
}

/* A table's message, or its beginning, where a frame is wanted. */
static void append_raw(const struct vector_step *step)
{
	append_record(40, 0, step->bytes, random_below(step->byte_count + 1));
}

static void random_record(void)
{
	static const struct weft_dump_msg all = {.vrf_id = 0xffffffffu};
	uint32_t before = used, what = random_below(9);

	if (what < 5)
		append_table(&tables.steps[random_below(tables.step_count)],
			     (uint8_t)(what < 3 ? WEFT_OPERATION_SET : what - 1));
	else if (what == 5)
		append_record((uint8_t)(4 + random_below(13)), WEFT_OPERATION_DUMP, &all, sizeof(all));
	else if (what == 6)
		append_record((uint8_t)(4 + random_below(13)), WEFT_OPERATION_SWEEP, NULL, 0);
	else if (what == 7)
		append_record(31, (uint8_t)random_below(16), &state, sizeof(state));
	else
		append_raw(&tables.steps[random_below(tables.step_count)]);
	while (random_below(3) && used > before)
		input[before + random_below(used - before)] = (uint8_t)random_below(random_below(2) ? 256 : 4);
}

static void make_input(void)
{
	used = 0;
	input[used++] = (uint8_t)random_below(8);
	for (uint32_t i = 0; i < RECORDS; i++)
		random_record();
}

static int write_seeds(const char *folder)
{
	for (uint32_t i = 0; i < 50; i++) {
		char path[1024];
		FILE *file;

		make_input();
		snprintf(path, sizeof(path), "%s/seed%u", folder, i);
		file = fopen(path, "wb");
		if (!file || fwrite(input, 1, used, file) != used) {
			perror(path);
			return 1;
		}
		fclose(file);
	}
	return 0;
}

static int run_file(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return 1;
	}
	used = (uint32_t)fread(input, 1, INPUT_MAX, file);
	fclose(file);
	return LLVMFuzzerTestOneInput(input, used);
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 1000;
	int wrong = 0;

	if (!vector_read(&tables, WEFT_FUZZ_TABLES)) {
		printf("%s\n", tables.error);
		return 1;
	}
	state = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
	if (argc == 3 && !strcmp(argv[1], "--write")) {
		state = 1;
		return write_seeds(argv[2]);
	}
	if (argc > 2 && !strcmp(argv[1], "--file")) {
		for (int i = 2; i < argc; i++)
			wrong |= run_file(argv[i]);
		return wrong;
	}
	printf("seed %llu\n", (unsigned long long)state);
	fflush(stdout);
	for (uint32_t i = 0; i < rounds; i++) {
		make_input();
		LLVMFuzzerTestOneInput(input, used);
	}
	printf("%u runs\n", rounds);
	vector_free(&tables);
	return 0;
}

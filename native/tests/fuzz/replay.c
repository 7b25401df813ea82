/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Runs the fuzz target without a fuzzer: the packets of every vector as seeds, each also in `mutations` random variants, and
 * any corpus files. weft-fuzz-replay VECTORS [mutations [seed]]; weft-fuzz-replay --write FOLDER VECTORS; weft-fuzz-replay
 * --file FILE...
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../vectors/vector.h"
#include "fuzz_input.h"

#define SEED_MAX 200000u

static uint8_t seed_bytes[SEED_MAX], mutant[SEED_MAX + 4];
static uint32_t seed_count, mutant_count;
static uint64_t state, runs, seeds;

static uint32_t random_below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % limit;
}

static void append(const void *bytes, uint32_t count)
{
	memcpy(seed_bytes + seed_count, bytes, count);
	seed_count += count;
}

static void append_record(const struct vector_step *step)
{
	const struct weft_packet *metadata = &step->metadata;
	uint8_t bits = (uint8_t)(metadata->gso | (metadata->flags & WEFT_PACKET_CSUM_PARTIAL ? 4 : 0) |
				 (metadata->csum_start == 54 ? 0x10 : 0) | (metadata->csum_offset == 6 ? 0x20 : 0));
	uint8_t header[8] = {step->vif_id == 9 ? 4 : (uint8_t)((step->vif_id - 1) & 3),
			     bits,
			     (uint8_t)metadata->gso_size,
			     (uint8_t)(metadata->gso_size >> 8),
			     0,
			     0,
			     (uint8_t)step->byte_count,
			     (uint8_t)(step->byte_count >> 8)};

	if (step->byte_count > 65000 || seed_count + step->byte_count + 16 > SEED_MAX)
		return;
	append(header, sizeof(header));
	append(step->bytes, step->byte_count);
}

/* The seed, with random tables every other time, and some bytes changed. */
static void mutate(void)
{
	uint32_t changes = random_below(6), head = 1;

	mutant[0] = seed_bytes[0];
	if (random_below(2)) {
		mutant[0] |= 8;
		for (; head < 5; head++)
			mutant[head] = (uint8_t)random_below(256);
	}
	memcpy(mutant + head, seed_bytes + 1, seed_count - 1);
	mutant_count = seed_count - 1 + head;
	for (uint32_t i = 0; i < changes; i++) {
		uint32_t at = head + random_below(seed_count);

		if (at >= mutant_count)
			continue;
		if (random_below(3) == 0)
			mutant[at] ^= (uint8_t)(1u << random_below(8));
		else
			mutant[at] = (uint8_t)random_below(256);
	}
}

static void write_input(const char *folder, const char *name, const char *suffix, const uint8_t *bytes, uint32_t count)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, count, file) != count) {
		perror(path);
		exit(1);
	}
	fclose(file);
}

static void run_seed(uint32_t mutations, const char *folder, const char *name)
{
	seeds++;
	if (folder) {
		write_input(folder, name, "", seed_bytes, seed_count);
		state = seeds;
		mutate();
		write_input(folder, name, ".random", mutant, mutant_count);
		return;
	}
	LLVMFuzzerTestOneInput(seed_bytes, seed_count);
	runs++;
	for (uint32_t i = 0; i < mutations; i++) {
		mutate();
		LLVMFuzzerTestOneInput(mutant, random_below(20) ? mutant_count : random_below(mutant_count));
		runs++;
	}
}

static int is_vector(const struct dirent *entry)
{
	size_t bytes = strlen(entry->d_name);

	return bytes > 4 && !strcmp(entry->d_name + bytes - 4, ".pkt");
}

static int run_vectors(const char *vectors, uint32_t mutations, const char *folder)
{
	struct dirent **entries;
	int count = scandir(vectors, &entries, is_vector, alphasort);

	for (int i = 0; i < count; i++) {
		struct vector vector;
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", vectors, entries[i]->d_name);
		if (!vector_read(&vector, path)) {
			fprintf(stderr, "%s\n", vector.error);
			return 1;
		}
		seed_count = 0;
		append("", 1);
		for (uint32_t k = 0; k < vector.step_count; k++) {
			if (vector.steps[k].kind == VECTOR_IN)
				append_record(&vector.steps[k]);
		}
		run_seed(mutations, folder, entries[i]->d_name);
		vector_free(&vector);
		free(entries[i]);
	}
	if (count > 0)
		free(entries);
	return count <= 0;
}

static int run_file(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return 1;
	}
	seed_count = (uint32_t)fread(seed_bytes, 1, SEED_MAX, file);
	fclose(file);
	LLVMFuzzerTestOneInput(seed_bytes, seed_count);
	runs++;
	return 0;
}

int main(int argc, char **argv)
{
	int bad = argc < 2;

	if (!bad && !strcmp(argv[1], "--write")) {
		bad = argc != 4 || run_vectors(argv[3], 0, argv[2]);
	} else if (!bad && !strcmp(argv[1], "--file")) {
		for (int i = 2; i < argc; i++)
			bad |= run_file(argv[i]);
	} else if (!bad) {
		state = argc > 3 ? strtoull(argv[3], NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
		printf("seed %llu\n", (unsigned long long)state);
		fflush(stdout);
		bad = run_vectors(argv[1], argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 50, NULL);
	}
	printf("%llu seeds, %llu runs\n", (unsigned long long)seeds, (unsigned long long)runs);
	return bad;
}

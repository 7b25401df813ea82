/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* weft-vectors FOLDER | FILE...: plays packet vectors as written, at several linear lengths, cut at every byte, and with every
 * length wrong. */
#include "play.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static const uint32_t linear_lengths[] = {0, 1, 14, 15, 33, 34, 42, 50, 54, 64, 78, 90, 120};

static bool run(const char *path)
{
	struct vector vector;
	char text[VECTOR_TEXT_MAX] = "";
	bool good = vector_read(&vector, path);
	const char *mode = "as written";

	if (!good)
		snprintf(text, sizeof(text), "%s", vector.error);
	for (uint32_t i = 0; good && i < WEFT_ARRAY_COUNT(linear_lengths); i++) {
		good = play_vector(&vector, linear_lengths[i], text);
		if (!good && i)
			mode = "non-linear";
	}
	if (good) {
		mode = "truncated";
		good = play_truncated(&vector, text);
	}
	if (good) {
		mode = "wrong lengths";
		good = play_wrong_lengths(&vector, text);
	}
	if (!good)
		printf("not ok %s (%s): %s\n", path, mode, text);
	vector_free(&vector);
	return good;
}

static int is_vector(const struct dirent *entry)
{
	size_t bytes = strlen(entry->d_name);

	return bytes > 4 && !strcmp(entry->d_name + bytes - 4, ".pkt");
}

int main(int argc, char **argv)
{
	uint32_t good = 0, bad = 0;

	for (int i = 1; i < argc; i++) {
		struct dirent **entries;
		int count = scandir(argv[i], &entries, is_vector, alphasort);

		if (count < 0) {
			if (run(argv[i]))
				good++;
			else
				bad++;
			continue;
		}
		for (int k = 0; k < count; k++) {
			char path[1024];

			snprintf(path, sizeof(path), "%s/%s", argv[i], entries[k]->d_name);
			if (run(path))
				good++;
			else
				bad++;
			free(entries[k]);
		}
		free(entries);
	}
	printf("%u vectors good, %u bad\n", good, bad);
	return bad || !good;
}

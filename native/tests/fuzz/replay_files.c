/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Runs a fuzz target over the files of folders, without a fuzzer: weft-fuzz-TARGET-files FOLDER... */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_input.h"

#define INPUT_MAX (1u << 20)

static uint32_t run_folder(const char *folder)
{
	static uint8_t input[INPUT_MAX];
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);
	uint32_t runs = 0;

	for (int i = 0; i < count; i++) {
		char path[1024];
		uint8_t *exact;
		size_t bytes;
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		file = entries[i]->d_name[0] == '.' ? NULL : fopen(path, "rb");
		free(entries[i]);
		if (!file)
			continue;
		bytes = fread(input, 1, sizeof(input), file);
		fclose(file);
		exact = malloc(bytes ? bytes : 1); /* so that a sanitizer sees a step outside */
		if (!exact)
			abort();
		memcpy(exact, input, bytes);
		printf("%s\n", path);
		fflush(stdout);
		LLVMFuzzerTestOneInput(exact, bytes);
		free(exact);
		runs++;
	}
	if (count >= 0)
		free(entries);
	return runs;
}

int main(int argc, char **argv)
{
	uint32_t runs = 0;

	for (int i = 1; i < argc; i++) {
		uint32_t more = run_folder(argv[i]);

		if (!more)
			printf("%s: no files\n", argv[i]);
		runs = more ? runs + more : 0;
	}
	printf("%u inputs\n", runs);
	return !runs;
}

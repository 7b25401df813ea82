/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef WEFT_FUZZ_INPUT_H
#define WEFT_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry; also called by the replay programs. 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

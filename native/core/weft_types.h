/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Types of the core. Byte order is a type: a be16 is read only through weft_be16_get and friends. */
#ifndef WEFT_TYPES_H
#define WEFT_TYPES_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/string.h>
#include <linux/stddef.h>
#include <linux/errno.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#endif

#include "weft_abi.h"

typedef struct { uint8_t b[2]; } weft_be16;
typedef struct { uint8_t b[3]; } weft_be24;
typedef struct { uint8_t b[4]; } weft_be32;

static inline uint16_t weft_be16_get(weft_be16 v) { return (uint16_t)(v.b[0] << 8 | v.b[1]); }
static inline uint32_t weft_be24_get(weft_be24 v) { return (uint32_t)v.b[0] << 16 | (uint32_t)v.b[1] << 8 | v.b[2]; }
static inline uint32_t weft_be32_get(weft_be32 v)
{
	return (uint32_t)v.b[0] << 24 | (uint32_t)v.b[1] << 16 | (uint32_t)v.b[2] << 8 | v.b[3];
}
static inline weft_be16 weft_be16_of(uint32_t v)
{
	uint16_t wire = __builtin_bswap16((uint16_t)v);
	weft_be16 out;

	memcpy(&out, &wire, sizeof(out));
	return out;
}
static inline weft_be24 weft_be24_of(uint32_t v) { return (weft_be24){{(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}}; }
static inline weft_be32 weft_be32_of(uint32_t v)
{
	uint32_t wire = __builtin_bswap32(v);
	weft_be32 out;

	memcpy(&out, &wire, sizeof(out));
	return out;
}

/* A function that every packet passes: compiled twice, for any CPU and for one with BMI2 and MOVBE; the loader takes what the CPU has. */
#if defined(__x86_64__) && defined(__OPTIMIZE__) && defined(__GLIBC__) && !defined(__clang__) && __GNUC__ >= 12 && \
    !defined(__KERNEL__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WEFT_HOT __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define WEFT_HOT
#endif
/* A part of one of those, compiled with it. */
#define WEFT_HOT_PART static inline __attribute__((always_inline))
#define WEFT_LIKELY(x) __builtin_expect(!!(x), 1)
#define WEFT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define WEFT_ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define WEFT_CACHE_LINE 64
#define WEFT_WORKERS_MAX 16
#define WEFT_BURST_MAX 64

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * A policy set compiled for lookups: for each field of an opening, the rules that its value fits, as a bitmap; what fits in
 * every field is the intersection. Rules stand in the bitmaps in an order of their own, so that those that ask for the same
 * stand together and an intersection is empty in most words; within a word in the set's order. Built once, never changed.
 * docs/design/policy.md has the bounds.
 */
#ifndef WEFT_CORE_CLASSIFY_H
#define WEFT_CORE_CLASSIFY_H

#include "bitmap.h"

struct weft_identity;

/* Who opens what, as rules see it. [0]: who, [1]: where to. */
struct weft_subject {
	uint8_t family, protocol;
	bool has_ports;	   /* false: only rules with full ranges match */
	uint16_t ports[2]; /* of ICMP code and type */
	const uint8_t *addresses[2];
	uint32_t identity_ids[2];
	const struct weft_identity *identities[2]; /* NULL: no elements */
};

/* Bits of a decision. */
#define WEFT_DECISION_DENY 1u
#define WEFT_DECISION_LOG 2u

#define WEFT_PROTOCOL_CLASSES 257u

struct weft_address {
	uint64_t high, low;
};

/*
 * A set of rules is a row: the numbers of a bitmap's groups, or in a set of one block the number of that block; `width`
 * numbers. Values are cut into ranges that the same rules fit: range i begins at lows[i], lows[0] is 0.
 */
struct weft_cuts {
	uint32_t count;	      /* at least 1 */
	const void *lows;     /* ports: uint16_t, IPv4: uint32_t, IPv6: struct weft_address */
	const uint32_t *rows; /* [count][width] */
};

struct weft_element_slot {
	uint64_t id;
	uint32_t kind; /* enum weft_element_kind; 0: empty */
	uint32_t row;
};

/* Elements that rules of one end name. */
struct weft_elements {
	uint32_t none; /* of the rules that name none: where it begins in `rows`, as in slots */
	uint32_t slot_mask, filter_mask;
	const struct weft_element_slot *slots;
	const uint64_t *filter; /* a bit per hash; most elements that no rule names end here */
};

struct weft_classifier {
	uint32_t rule_count, group_count, width;
	uint32_t block_words; /* of a set of one block, which has no groups */
	const struct weft_bitmap_block *blocks;
	const struct weft_bitmap_group *groups;
	const uint32_t *rows;	   /* of elements; the first is empty */
	const uint16_t *orders;	   /* [words * 64]: a bit's rule */
	const uint16_t *first;	   /* [words]: the first rule of a word, which is its lowest bit */
	const uint8_t *decisions;  /* [rule_count + 1]: of rules, and of the default */
	const uint32_t *protocols; /* [class * 2 + (family is 6)][width] */
	const uint32_t *portless;  /* [2][width]: of full ranges */
	struct weft_cuts ports[2], addresses4[2], addresses6[2];
	struct weft_elements elements[2];
	uint16_t protocol_class[256]; /* 0: named by no rule */
	size_t bytes;
} __attribute__((aligned(WEFT_CACHE_LINE)));

/* NULL: out of memory. Control thread. */
struct weft_classifier *weft_classifier_create(const struct weft_policy_msg *policy);
void weft_classifier_destroy(struct weft_classifier *classifier);
/* The first rule that matches, or rule_count. Worker or control context. */
uint32_t weft_classify(const struct weft_classifier *classifier, const struct weft_subject *subject);

/* The filter's word and bit are in the high bits, the slot is in the low ones. */
static inline uint64_t weft_filter_bit(uint32_t hash)
{
	return 1ull << (hash >> 26);
}
static inline uint32_t weft_filter_word(uint32_t hash, uint32_t mask)
{
	return (hash >> 12) & mask;
}

#endif

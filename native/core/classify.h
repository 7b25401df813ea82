/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * A policy set compiled for lookups: for each field of an opening, the rules that its value fits, as a bitmap; what fits in every field
 * is the intersection. Rules stand in the bitmaps in an order of their own, so that those that ask for the same stand together and an
 * intersection is empty in most words; within a word in the set's order. Built once, never changed. docs/design/policy.md has the bounds.
 */
#ifndef WEFT_CORE_CLASSIFY_H
#define WEFT_CORE_CLASSIFY_H

#include "bitmap.h"

struct weft_identity;

/* Who opens what, as rules see it. [0]: the initiator, [1]: where to. */
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

/* Values are cut into ranges that the same rules fit: range i begins at lows[i], lows[0] is 0. */
struct weft_cuts {
	uint32_t count; /* 0: no rule asks */
	const void *lows;	  /* ports: uint16_t, IPv4: uint32_t, IPv6: struct weft_address */
	const uint32_t *bitmaps; /* [count] */
};

struct weft_element_slot {
	uint64_t id;
	uint32_t kind; /* enum weft_element_kind; 0: empty */
	uint32_t bitmap;
};

struct weft_classifier {
	uint32_t rule_count, group_count, word_count;
	uint32_t full;	   /* bitmap of all rules */
	uint64_t last_word; /* its bits in the last word */
	size_t bytes;
	const struct weft_bitmap_block *blocks;
	const struct weft_bitmap_group *groups;
	const uint32_t *bitmaps;     /* [][group_count] */
	const uint16_t *orders;	     /* [word_count * 64]: a bit's rule */
	const uint16_t *first;	     /* [word_count]: the first rule of a word, which is its lowest bit */
	const uint8_t *decisions;    /* [rule_count + 1]: of rules, and of the default */
	const uint32_t *protocols;   /* bitmaps: [class * 2 + (family is 6)] */
	struct weft_cuts ports[2], addresses4[2], addresses6[2];
	uint32_t portless[2];	     /* bitmaps of full ranges */
	uint32_t any_element[2];     /* bitmaps of rules without an element; `full`: no rule has one */
	uint32_t slot_masks[2];
	const struct weft_element_slot *slots[2];
	uint16_t protocol_class[256]; /* 0: named by no rule */
} __attribute__((aligned(WEFT_CACHE_LINE)));

/* NULL: out of memory. Control thread. */
struct weft_classifier *weft_classifier_create(const struct weft_policy_msg *policy);
void weft_classifier_destroy(struct weft_classifier *classifier);
/* The first rule that matches, or rule_count. Worker or control context. */
uint32_t weft_classify(const struct weft_classifier *classifier, const struct weft_subject *subject);

static inline uint32_t weft_element_hash(uint32_t kind, uint64_t id)
{
	uint64_t hash = (id ^ (uint64_t)kind << 61) * 0x9e3779b97f4a7c15ull;

	return (uint32_t)(hash >> 32 ^ hash >> 47);
}

#endif

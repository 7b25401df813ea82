/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Lookups in a compiled policy set: intersects the bitmaps of an opening's fields, group by group, then word by word. */
#include "classify.h"
#include "weft_tables.h"

#define FIELDS 5u				     /* protocol, two ports, two addresses */
#define END_BITMAPS (WEFT_IDENTITY_ELEMENTS_MAX + 2u) /* an identity's elements, itself, and the rules that ask for none */

/* Bitmaps to be intersected; of each end one that is the union of several. */
struct search {
	uint32_t field_count;
	uint32_t end_counts[2]; /* 0: no rule asks */
	uint32_t fields[FIELDS];
	uint32_t ends[2][END_BITMAPS];
};

/* Index of the last of ascending `lows` that is not above the value; lows[0] is never above. */
static uint32_t find_port(const struct weft_cuts *cuts, uint16_t port)
{
	const uint16_t *lows = cuts->lows;
	uint32_t base = 0;

	for (uint32_t left = cuts->count; left > 1;) {
		uint32_t half = left / 2;

		base = lows[base + half] <= port ? base + half : base;
		left -= half;
	}
	return base;
}

static uint32_t find_address4(const struct weft_cuts *cuts, const uint8_t *address)
{
	uint32_t value = weft_be32_get(*(const weft_be32 *)address), base = 0;
	const uint32_t *lows = cuts->lows;

	for (uint32_t left = cuts->count; left > 1;) {
		uint32_t half = left / 2;

		base = lows[base + half] <= value ? base + half : base;
		left -= half;
	}
	return base;
}

static uint32_t find_address6(const struct weft_cuts *cuts, const uint8_t *address)
{
	uint64_t high = (uint64_t)weft_be32_get(*(const weft_be32 *)address) << 32 | weft_be32_get(*(const weft_be32 *)(address + 4));
	uint64_t low =
	    (uint64_t)weft_be32_get(*(const weft_be32 *)(address + 8)) << 32 | weft_be32_get(*(const weft_be32 *)(address + 12));
	const struct weft_address *lows = cuts->lows;
	uint32_t base = 0;

	for (uint32_t left = cuts->count; left > 1;) {
		uint32_t half = left / 2;
		const struct weft_address *at = &lows[base + half];

		base = (at->high < high) | ((at->high == high) & (at->low <= low)) ? base + half : base;
		left -= half;
	}
	return base;
}

static void add_field(struct search *search, uint32_t bitmap, uint32_t full)
{
	search->fields[search->field_count] = bitmap;
	search->field_count += bitmap != full;
}

static void add_element(const struct weft_classifier *classifier, struct search *search, uint32_t end, uint32_t kind, uint64_t id)
{
	uint32_t at = weft_element_hash(kind, id) & classifier->slot_masks[end];
	const struct weft_element_slot *slots = classifier->slots[end];

	for (; slots[at].kind; at = (at + 1) & classifier->slot_masks[end]) {
		if (slots[at].id == id && slots[at].kind == kind) {
			search->ends[end][search->end_counts[end]++] = slots[at].bitmap;
			return;
		}
	}
}

static void find_end(const struct weft_classifier *classifier, const struct weft_subject *subject, uint32_t end, struct search *search)
{
	const struct weft_identity *identity = subject->identities[end];

	search->end_counts[end] = 0;
	if (classifier->any_element[end] == classifier->full)
		return;
	search->ends[end][0] = classifier->any_element[end];
	search->end_counts[end] = 1;
	if (subject->identity_ids[end] < WEFT_IDENTITY_FIRST)
		add_element(classifier, search, end, WEFT_ELEMENT_IDENTITY, subject->identity_ids[end]);
	for (uint32_t i = 0; identity && i < identity->element_count; i++)
		add_element(classifier, search, end, identity->elements[i].kind, identity->elements[i].id);
}

static void find_fields(const struct weft_classifier *classifier, const struct weft_subject *subject, struct search *search)
{
	bool v6 = subject->family == 6;

	search->field_count = 0;
	for (uint32_t end = 2; end-- > 0;) { /* destinations tell more */
		const struct weft_cuts *ports = &classifier->ports[end];
		const struct weft_cuts *addresses = v6 ? &classifier->addresses6[end] : &classifier->addresses4[end];

		if (ports->count)
			add_field(search,
				  subject->has_ports ? ports->bitmaps[find_port(ports, subject->ports[end])] : classifier->portless[end],
				  classifier->full);
		if (addresses->count) {
			uint32_t at = v6 ? find_address6(addresses, subject->addresses[end])
					 : find_address4(addresses, subject->addresses[end]);

			add_field(search, addresses->bitmaps[at], classifier->full);
		}
		find_end(classifier, subject, end, search);
	}
	add_field(search, classifier->protocols[2 * classifier->protocol_class[subject->protocol] + v6], classifier->full);
}

static const struct weft_bitmap_group *group_of(const struct weft_classifier *classifier, uint32_t bitmap, uint32_t group)
{
	return &classifier->groups[classifier->bitmaps[bitmap * classifier->group_count + group]];
}

static uint64_t word_of(const struct weft_classifier *classifier, const struct weft_bitmap_group *group, uint32_t word)
{
	return classifier->blocks[group->blocks[word / WEFT_BLOCK_WORDS]].words[word % WEFT_BLOCK_WORDS];
}

/* What the end's bitmaps have in this word of the group, together. */
static uint64_t end_word(const struct weft_classifier *classifier, const struct search *search, uint32_t end, uint32_t group,
			 uint32_t word)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < search->end_counts[end]; i++)
		all |= word_of(classifier, group_of(classifier, search->ends[end][i], group), word);
	return all;
}

/* The words of the group in which every field has something. */
static uint64_t group_mask(const struct weft_classifier *classifier, const struct search *search, uint32_t group,
			   const struct weft_bitmap_group *fields[FIELDS])
{
	uint64_t mask = group_of(classifier, classifier->full, group)->mask;

	for (uint32_t i = 0; i < search->field_count; i++) {
		fields[i] = group_of(classifier, search->fields[i], group);
		mask &= fields[i]->mask;
	}
	for (uint32_t end = 0; end < 2 && mask; end++) {
		uint64_t all = 0;

		for (uint32_t i = 0; i < search->end_counts[end]; i++)
			all |= group_of(classifier, search->ends[end][i], group)->mask;
		mask &= search->end_counts[end] ? all : ~0ull;
	}
	return mask;
}

uint32_t weft_classify(const struct weft_classifier *classifier, const struct weft_subject *subject)
{
	const struct weft_bitmap_group *fields[FIELDS];
	uint32_t best = classifier->rule_count;
	struct search search;

	find_fields(classifier, subject, &search);
	for (uint32_t group = 0; group < classifier->group_count; group++) {
		for (uint64_t mask = group_mask(classifier, &search, group, fields); mask; mask &= mask - 1) {
			uint32_t word = (uint32_t)__builtin_ctzll(mask), at = group * WEFT_GROUP_WORDS + word;
			uint64_t bits = at + 1 == classifier->word_count ? classifier->last_word : ~0ull;
			uint32_t order;

			if (classifier->first[at] >= best)
				continue;
			for (uint32_t i = 0; i < search.field_count; i++)
				bits &= word_of(classifier, fields[i], word);
			for (uint32_t end = 0; end < 2 && bits; end++)
				bits &= search.end_counts[end] ? end_word(classifier, &search, end, group, word) : ~0ull;
			if (!bits)
				continue;
			order = classifier->orders[at * WEFT_WORD_BITS + (uint32_t)__builtin_ctzll(bits)];
			best = order < best ? order : best;
		}
	}
	return best;
}

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Lookups in a compiled policy set: intersects the bitmaps of an opening's fields, group by group, then word by word. */
#include "classify.h"
#include "weft_tables.h"

#define FIELDS 5u /* two ports, two addresses, protocol */
#define STEP 2u	  /* rows of an end go by so many; row 0 is empty */
#define MANY_ROWS 8u
#define END_ROWS ((WEFT_IDENTITY_ELEMENTS_MAX + 1 + STEP - 1) / STEP * STEP)

/* What is to be intersected: a row of each field, and of each end the union of several. */
struct search {
	const uint32_t *fields[FIELDS];
	uint32_t end_counts[2]; /* multiples of STEP; 0: no rule asks */
	uint32_t ends[2][END_ROWS];
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
	uint64_t high =
	    (uint64_t)weft_be32_get(*(const weft_be32 *)address) << 32 | weft_be32_get(*(const weft_be32 *)(address + 4));
	uint64_t low = (uint64_t)weft_be32_get(*(const weft_be32 *)(address + 8)) << 32 |
		       weft_be32_get(*(const weft_be32 *)(address + 12));
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

static uint32_t find_element(const struct weft_elements *elements, uint32_t hash, uint32_t kind, uint64_t id)
{
	uint32_t at = hash & elements->slot_mask;

	for (; elements->slots[at].kind; at = (at + 1) & elements->slot_mask) {
		if (elements->slots[at].id == id && elements->slots[at].kind == kind)
			return elements->slots[at].row;
	}
	return 0;
}

/* The rows of what the identity has and rules name, behind the one of the rules that name nothing. */
static uint32_t find_end(const struct weft_elements *elements, const struct weft_subject *subject, uint32_t end, uint32_t *rows)
{
	const struct weft_identity *identity = subject->identities[end];
	uint8_t found[WEFT_IDENTITY_ELEMENTS_MAX];
	uint32_t count = 0, used = 1;

	if (!elements->slots)
		return 0;
	rows[0] = elements->none;
	if (identity) {
		for (uint32_t i = 0; i < identity->element_count;
		     i++) { /* without branches: which ones pass cannot be foretold */
			uint32_t hash = identity->hashes[i];

			found[count] = (uint8_t)i;
			count += (elements->filter[weft_filter_word(hash, elements->filter_mask)] & weft_filter_bit(hash)) != 0;
		}
		for (uint32_t i = 0; i < count; i++) {
			const struct weft_element *element = &identity->elements[found[i]];

			rows[used] = find_element(elements, identity->hashes[found[i]], element->kind, element->id);
			used += rows[used] != 0;
		}
	} else if (subject->identity_ids[end] < WEFT_IDENTITY_FIRST) {
		uint64_t id = subject->identity_ids[end];

		rows[used++] = find_element(elements, weft_element_hash(WEFT_ELEMENT_IDENTITY, id), WEFT_ELEMENT_IDENTITY, id);
	}
	while (used % STEP)
		rows[used++] = 0;
	return used;
}

static void find_rows(const struct weft_classifier *classifier, const struct weft_subject *subject, struct search *search)
{
	uint32_t v6 = subject->family == 6, width = classifier->width;

	for (uint32_t end = 0; end < 2; end++) {
		const struct weft_cuts *ports = &classifier->ports[end];
		const struct weft_cuts *addresses = v6 ? &classifier->addresses6[end] : &classifier->addresses4[end];
		uint32_t at =
		    v6 ? find_address6(addresses, subject->addresses[end]) : find_address4(addresses, subject->addresses[end]);

		search->fields[end] = &addresses->rows[at * width];
		search->fields[2 + end] = subject->has_ports ? &ports->rows[find_port(ports, subject->ports[end]) * width]
							     : &classifier->portless[end * width];
	}
	search->fields[4] = &classifier->protocols[(2 * classifier->protocol_class[subject->protocol] + v6) * width];
	for (uint32_t end = 0; end < 2; end++)
		search->end_counts[end] = find_end(&classifier->elements[end], subject, end, search->ends[end]);
}

static const struct weft_bitmap_group *group_of(const struct weft_classifier *classifier, uint32_t row, uint32_t group)
{
	return &classifier->groups[classifier->rows[row + group]];
}

static uint64_t word_of(const struct weft_classifier *classifier, const struct weft_bitmap_group *group, uint32_t word)
{
	return classifier->blocks[group->blocks[word / WEFT_BLOCK_WORDS]].words[word % WEFT_BLOCK_WORDS];
}

/* The words of the group in which one of the rows has something. No rows: all. */
static uint64_t union_mask(const struct weft_classifier *classifier, const uint32_t *rows, uint32_t count, uint32_t group)
{
	uint64_t all = count ? 0 : ~0ull;

	for (uint32_t i = 0; i < count; i += STEP) {
		for (uint32_t k = 0; k < STEP; k++)
			all |= group_of(classifier, rows[i + k], group)->mask;
	}
	return all;
}

static uint64_t union_word(const struct weft_classifier *classifier, const uint32_t *rows, uint32_t count, uint32_t group,
			   uint32_t word)
{
	uint64_t all = count ? 0 : ~0ull;

	for (uint32_t i = 0; i < count; i += STEP) {
		for (uint32_t k = 0; k < STEP; k++)
			all |= word_of(classifier, group_of(classifier, rows[i + k], group), word);
	}
	return all;
}

/* The rule of the lowest of a word's bits, if it comes before `best`. */
static uint32_t earlier(const struct weft_classifier *classifier, uint32_t word, uint64_t bits, uint32_t best)
{
	uint32_t order;

	if (!bits)
		return best;
	order = classifier->orders[word * WEFT_WORD_BITS + (uint32_t)__builtin_ctzll(bits)];
	return order < best ? order : best;
}

/* The first rule of the group that fits, if it comes before `best`, else `best`. */
static uint32_t search_group(const struct weft_classifier *classifier, const struct search *search, uint32_t group,
			     uint32_t best)
{
	const struct weft_bitmap_group *fields[FIELDS];
	uint64_t mask = ~0ull;

	for (uint32_t i = 0; i < FIELDS; i++) {
		fields[i] = &classifier->groups[search->fields[i][group]];
		mask &= fields[i]->mask;
	}
	for (uint32_t end = 0; end < 2; end++)
		mask &= union_mask(classifier, search->ends[end], search->end_counts[end], group);
	for (; mask; mask &= mask - 1) {
		uint32_t word = (uint32_t)__builtin_ctzll(mask), at = group * WEFT_GROUP_WORDS + word;
		uint64_t bits = ~0ull;

		if (classifier->first[at] >= best)
			continue;
		for (uint32_t i = 0; i < FIELDS; i++)
			bits &= word_of(classifier, fields[i], word);
		for (uint32_t end = 0; end < 2; end++)
			bits &= union_word(classifier, search->ends[end], search->end_counts[end], group, word);
		best = earlier(classifier, at, bits, best);
	}
	return best;
}

/* Adds up an end's words of the group where `mask` asks; returns where there is something. No rows: everything. */
static uint64_t gather(const struct weft_classifier *classifier, const struct search *search, uint32_t end, uint32_t group,
		       uint64_t mask, uint64_t all[WEFT_GROUP_WORDS])
{
	uint64_t seen = 0;

	memset(all, search->end_counts[end] ? 0 : 0xff, WEFT_GROUP_WORDS * sizeof(*all));
	for (uint32_t i = 0; i < search->end_counts[end]; i++) {
		const struct weft_bitmap_group *of_row = group_of(classifier, search->ends[end][i], group);

		seen |= of_row->mask;
		for (uint64_t left = of_row->mask & mask; left; left &= left - 1) {
			uint32_t word = (uint32_t)__builtin_ctzll(left);

			all[word] |= word_of(classifier, of_row, word);
		}
	}
	return search->end_counts[end] ? mask & seen : mask;
}

/* Of so many rows an end has few words each: they are added up once, in a function each, since a frame is small. */
static __attribute__((__noinline__)) uint32_t search_destinations(const struct weft_classifier *classifier,
								  const struct search *search, uint32_t group, uint64_t mask,
								  const uint64_t *sources, uint32_t best)
{
	uint64_t destinations[WEFT_GROUP_WORDS];

	for (mask = gather(classifier, search, 1, group, mask, destinations); mask; mask &= mask - 1) {
		uint32_t word = (uint32_t)__builtin_ctzll(mask), at = group * WEFT_GROUP_WORDS + word;
		uint64_t bits = sources[word] & destinations[word];

		if (!bits || classifier->first[at] >= best)
			continue;
		for (uint32_t i = 0; i < FIELDS; i++)
			bits &= word_of(classifier, &classifier->groups[search->fields[i][group]], word);
		best = earlier(classifier, at, bits, best);
	}
	return best;
}

static __attribute__((__noinline__)) uint32_t search_sources(const struct weft_classifier *classifier,
							     const struct search *search, uint32_t group, uint32_t best)
{
	uint64_t sources[WEFT_GROUP_WORDS], mask = ~0ull;

	for (uint32_t i = 0; i < FIELDS; i++)
		mask &= classifier->groups[search->fields[i][group]].mask;
	mask = gather(classifier, search, 0, group, mask, sources);
	return mask ? search_destinations(classifier, search, group, mask, sources, best) : best;
}

/* Word by word. */
static uint32_t search_block(const struct weft_classifier *classifier, const struct search *search)
{
	const struct weft_bitmap_block *blocks = classifier->blocks;
	uint32_t best = classifier->rule_count;

	for (uint32_t word = 0; word < classifier->block_words; word++) {
		uint64_t bits = ~0ull;

		for (uint32_t i = 0; i < FIELDS; i++)
			bits &= blocks[*search->fields[i]].words[word];
		for (uint32_t end = 0; end < 2; end++) {
			uint64_t all = search->end_counts[end] ? 0 : ~0ull;

			for (uint32_t i = 0; i < search->end_counts[end]; i++)
				all |= blocks[classifier->rows[search->ends[end][i]]].words[word];
			bits &= all;
		}
		best = earlier(classifier, word, bits, best);
	}
	return best;
}

uint32_t weft_classify(const struct weft_classifier *classifier, const struct weft_subject *subject)
{
	uint32_t best = classifier->rule_count;
	struct search search;
	bool wide;

	find_rows(classifier, subject, &search);
	if (!classifier->groups)
		return search_block(classifier, &search);
	wide = search.end_counts[0] > MANY_ROWS || search.end_counts[1] > MANY_ROWS;
	for (uint32_t group = 0; group < classifier->group_count; group++)
		best = wide ? search_sources(classifier, &search, group, best) : search_group(classifier, &search, group, best);
	return best;
}

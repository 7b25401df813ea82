/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Compiles a policy set (classify.h). Control thread. Memory while it is built: the result twice, and 200 bytes a rule. */
#include "classify.h"
#include "sort.h"
#include "weft_tables.h"

#define PROTOCOL_ANY 0xffffu
#define NO_BIT 0xffffffffu
#define FILTER_ELEMENTS 8u /* a filter's word is for so many at most */

/* A rule begins or ends to fit at a value. */
struct mark {
	uint64_t high, low;
	uint32_t bit, zero0;
};

/* A range of values: where it begins and its bitmap. */
struct cut {
	uint64_t high, low;
	uint32_t bitmap, zero0;
};

/* Cuts of one field. */
struct cut_list {
	struct cut *cuts;
	uint32_t count, capacity;
};

enum cut_field { SOURCE_PORT, DESTINATION_PORT, SOURCE4, DESTINATION4, SOURCE6, DESTINATION6, CUT_FIELDS };

struct slot_list {
	struct weft_element_slot *slots;
	uint32_t slot_count, used;
};

struct builder {
	const struct weft_policy_rule *rules;
	uint32_t rule_count;
	struct weft_bitmaps bitmaps;
	/* one allocation */
	struct mark *marks; /* [2 * rule_count] */
	uint32_t *order;    /* [rule_count]: the rule of each bit */
	uint32_t *items;    /* [2 * rule_count]: what is sorted */
	uint32_t *scratch;  /* [2 * rule_count] */
	uint32_t *next;	    /* [rule_count]: bits of one value, chained */
	uint32_t mark_count;
	struct cut_list cuts[CUT_FIELDS];
	struct slot_list slots[2];
	uint32_t portless[2], none[2];	       /* bitmaps: of full ranges; of rules without an element */
	uint32_t heads[WEFT_PROTOCOL_CLASSES]; /* the first bit of each class */
	uint32_t protocol_bitmaps[2 * WEFT_PROTOCOL_CLASSES];
	uint32_t class_count;
	uint16_t protocol_class[256];
};

/* ---- the order of the bits ---- */

static int compare_numbers(uint64_t one, uint64_t other)
{
	return one < other ? -1 : one > other;
}

static int compare_elements(const struct weft_policy_end *one, const struct weft_policy_end *other)
{
	int kinds = compare_numbers(one->kind, other->kind);

	return kinds ? kinds : compare_numbers(one->id, other->id);
}

static int compare_prefixes(const struct weft_policy_end *one, const struct weft_policy_end *other)
{
	int result = compare_numbers(one->family, other->family);

	result = result ? result : memcmp(one->prefix, other->prefix, sizeof(one->prefix));
	return result ? result : compare_numbers(one->prefix_len, other->prefix_len);
}

/* Rules that an opening is likely to meet together stand together: those of the same elements, then those of near addresses. */
static bool rule_before(const void *context, uint32_t a, uint32_t b)
{
	const struct builder *builder = context;
	const struct weft_policy_rule *one = &builder->rules[a], *other = &builder->rules[b];
	int result = compare_elements(&one->source, &other->source);

	result = result ? result : compare_elements(&one->destination, &other->destination);
	result = result ? result : compare_prefixes(&one->source, &other->source);
	result = result ? result : compare_prefixes(&one->destination, &other->destination);
	result = result ? result : compare_numbers(one->protocol, other->protocol);
	result = result ? result : compare_numbers(one->destination_port_min, other->destination_port_min);
	result = result ? result : compare_numbers(one->destination_port_max, other->destination_port_max);
	return result ? result < 0 : a < b;
}

static void order_bits(struct builder *builder)
{
	for (uint32_t i = 0; i < builder->rule_count; i++)
		builder->order[i] = i;
	weft_sort(builder->order, builder->scratch, builder->rule_count, rule_before, builder);
	for (uint32_t at = 0; at < builder->rule_count; at += WEFT_WORD_BITS) {
		uint32_t left = builder->rule_count - at;

		weft_sort_numbers(&builder->order[at], left < WEFT_WORD_BITS ? left : WEFT_WORD_BITS);
	}
}

/* ---- ranges of values ---- */

/* The values that the rule of a bit fits in a field: false, none. `last` at the field's end closes nothing. */
struct span {
	uint64_t first_high, first_low, last_high, last_low;
	bool whole;
};

static uint64_t word_at(const uint8_t *bytes)
{
	uint64_t word = 0;

	for (uint32_t i = 0; i < 8; i++)
		word = word << 8 | bytes[i];
	return word;
}

static bool address_span(const struct weft_policy_end *end, uint8_t family, struct span *span)
{
	uint32_t bits = family == 4 ? 32 : 128, host = bits - end->prefix_len;

	*span = (struct span){.whole = !end->family || (end->family == family && end->prefix_len == 0)};
	if (span->whole || end->family != family)
		return span->whole;
	if (family == 4) {
		span->first_low = word_at(end->prefix) >> 32;
		span->last_low = span->first_low | ((1ull << host) - 1);
		return true;
	}
	span->first_high = span->last_high = word_at(end->prefix);
	span->first_low = span->last_low = word_at(end->prefix + 8);
	span->last_low |= host >= 64 ? ~0ull : (1ull << host) - 1;
	if (host > 64)
		span->last_high |= (1ull << (host - 64)) - 1;
	return true;
}

static bool span_of(const struct weft_policy_rule *rule, enum cut_field field, struct span *span)
{
	uint16_t min = field == SOURCE_PORT ? rule->source_port_min : rule->destination_port_min;
	uint16_t max = field == SOURCE_PORT ? rule->source_port_max : rule->destination_port_max;

	switch (field) {
	case SOURCE4:
		return address_span(&rule->source, 4, span);
	case DESTINATION4:
		return address_span(&rule->destination, 4, span);
	case SOURCE6:
		return address_span(&rule->source, 6, span);
	case DESTINATION6:
		return address_span(&rule->destination, 6, span);
	default:
		*span = (struct span){.first_low = min, .last_low = max, .whole = min == 0 && max == 0xffff};
		return true;
	}
}

static bool is_last(enum cut_field field, const struct span *span)
{
	switch (field) {
	case SOURCE4:
	case DESTINATION4:
		return span->last_low == 0xffffffffu;
	case SOURCE6:
	case DESTINATION6:
		return span->last_high == ~0ull && span->last_low == ~0ull;
	default:
		return span->last_low == 0xffff;
	}
}

static void add_mark(struct builder *builder, uint64_t high, uint64_t low, uint32_t bit)
{
	builder->marks[builder->mark_count] = (struct mark){high, low, bit, 0};
	builder->items[builder->mark_count] = builder->mark_count;
	builder->mark_count++;
}

static bool mark_before(const void *context, uint32_t a, uint32_t b)
{
	const struct mark *one = &((const struct builder *)context)->marks[a],
			  *other = &((const struct builder *)context)->marks[b];

	return one->high < other->high || (one->high == other->high && one->low < other->low);
}

static bool same_value(const struct mark *one, const struct mark *other)
{
	return one->high == other->high && one->low == other->low;
}

/* Marks where rules begin and end to fit, and leaves those that fit everywhere in the draft. */
static void mark_field(struct builder *builder, enum cut_field field)
{
	weft_bitmap_reset(&builder->bitmaps);
	builder->mark_count = 0;
	for (uint32_t bit = 0; bit < builder->rule_count; bit++) {
		struct span span;

		if (!span_of(&builder->rules[builder->order[bit]], field, &span))
			continue;
		if (span.whole) {
			weft_bitmap_flip(&builder->bitmaps, bit);
			continue;
		}
		add_mark(builder, span.first_high, span.first_low, bit);
		if (!is_last(field, &span))
			add_mark(builder, span.last_high + (span.last_low == ~0ull), span.last_low + 1, bit);
	}
}

static int build_cuts(struct builder *builder, enum cut_field field)
{
	struct cut_list *list = &builder->cuts[field];
	uint32_t everywhere;

	mark_field(builder, field);
	list->capacity = builder->mark_count + 1;
	list->cuts = weft_host_alloc(list->capacity * sizeof(*list->cuts));
	if (!list->cuts)
		return -ENOMEM;
	everywhere = weft_bitmap_freeze(&builder->bitmaps);
	if (field <= DESTINATION_PORT)
		builder->portless[field] = everywhere;
	list->cuts[list->count++] = (struct cut){.bitmap = everywhere};
	weft_sort(builder->items, builder->scratch, builder->mark_count, mark_before, builder);
	for (uint32_t at = 0; at < builder->mark_count && !builder->bitmaps.error;) {
		const struct mark *mark = &builder->marks[builder->items[at]];
		struct cut *last = &list->cuts[list->count - 1];
		uint32_t bitmap;

		for (; at < builder->mark_count && same_value(mark, &builder->marks[builder->items[at]]); at++)
			weft_bitmap_flip(&builder->bitmaps, builder->marks[builder->items[at]].bit);
		bitmap = weft_bitmap_freeze(&builder->bitmaps);
		if (mark->high == last->high && mark->low == last->low)
			last->bitmap = bitmap; /* both at 0 */
		else if (bitmap != last->bitmap)
			list->cuts[list->count++] = (struct cut){mark->high, mark->low, bitmap, 0};
	}
	return builder->bitmaps.error;
}

/* ---- exact values ---- */

static void chain_protocols(struct builder *builder)
{
	for (uint32_t i = 0; i < WEFT_PROTOCOL_CLASSES; i++)
		builder->heads[i] = NO_BIT;
	builder->class_count = 1;
	for (uint32_t bit = builder->rule_count; bit-- > 0;) {
		uint16_t protocol = builder->rules[builder->order[bit]].protocol;
		uint16_t class = 0;

		if (protocol != PROTOCOL_ANY) {
			if (!builder->protocol_class[protocol])
				builder->protocol_class[protocol] = (uint16_t)builder->class_count++;
			class = builder->protocol_class[protocol];
		}
		builder->next[bit] = builder->heads[class];
		builder->heads[class] = bit;
	}
}

static void flip_class(struct builder *builder, uint32_t class, uint8_t family)
{
	for (uint32_t bit = builder->heads[class]; bit != NO_BIT; bit = builder->next[bit]) {
		uint8_t of_rule = builder->rules[builder->order[bit]].family;

		if (!of_rule || of_rule == family)
			weft_bitmap_flip(&builder->bitmaps, bit);
	}
}

/* Of each protocol that a rule names, for both families; class 0 is of all others. */
static int build_protocols(struct builder *builder)
{
	chain_protocols(builder);
	for (uint32_t v6 = 0; v6 < 2; v6++) {
		uint8_t family = v6 ? 6 : 4;

		weft_bitmap_reset(&builder->bitmaps);
		flip_class(builder, 0, family);
		builder->protocol_bitmaps[v6] = weft_bitmap_freeze(&builder->bitmaps);
		for (uint32_t class = 1; class < builder->class_count; class ++) {
			flip_class(builder, class, family);
			builder->protocol_bitmaps[2 * class + v6] = weft_bitmap_freeze(&builder->bitmaps);
			flip_class(builder, class, family);
		}
	}
	return builder->bitmaps.error;
}

static const struct weft_policy_end *end_of(const struct builder *builder, uint32_t bit, uint32_t end)
{
	const struct weft_policy_rule *rule = &builder->rules[builder->order[bit]];

	return end ? &rule->destination : &rule->source;
}

/* The element's slot, or the empty one for it. */
static struct weft_element_slot *slot_of(struct weft_element_slot *slots, uint32_t slot_count, uint32_t kind, uint64_t id)
{
	uint32_t at = weft_element_hash(kind, id) & (slot_count - 1);

	while (slots[at].kind && (slots[at].id != id || slots[at].kind != kind))
		at = (at + 1) & (slot_count - 1);
	return &slots[at];
}

/* A table that is at most half full. */
static uint32_t slots_for(uint32_t elements)
{
	uint32_t slots = 2;

	while (slots < 2 * elements)
		slots *= 2;
	return slots;
}

/* Chains the bits of each element behind its slot's `row`; bits without element are in the draft. */
static void chain_elements(struct builder *builder, uint32_t end, struct slot_list *list)
{
	weft_bitmap_reset(&builder->bitmaps);
	for (uint32_t bit = builder->rule_count; bit-- > 0;) {
		const struct weft_policy_end *of_rule = end_of(builder, bit, end);
		struct weft_element_slot *slot;

		if (of_rule->kind == WEFT_ELEMENT_ANY) {
			weft_bitmap_flip(&builder->bitmaps, bit);
			continue;
		}
		slot = slot_of(list->slots, list->slot_count, of_rule->kind, of_rule->id);
		if (!slot->kind) {
			*slot = (struct weft_element_slot){of_rule->id, of_rule->kind, NO_BIT};
			list->used++;
		}
		builder->next[bit] = slot->row;
		slot->row = bit;
	}
}

static int build_elements(struct builder *builder, uint32_t end)
{
	struct slot_list *list = &builder->slots[end];
	uint32_t asked = 0;

	for (uint32_t bit = 0; bit < builder->rule_count; bit++)
		asked += end_of(builder, bit, end)->kind != WEFT_ELEMENT_ANY;
	list->slot_count = slots_for(asked);
	list->slots = weft_host_alloc(list->slot_count * sizeof(*list->slots));
	if (!list->slots)
		return -ENOMEM;
	chain_elements(builder, end, list);
	builder->none[end] = weft_bitmap_freeze(&builder->bitmaps);
	for (uint32_t at = 0; at < list->slot_count && !builder->bitmaps.error; at++) {
		if (!list->slots[at].kind)
			continue;
		weft_bitmap_reset(&builder->bitmaps);
		for (uint32_t bit = list->slots[at].row; bit != NO_BIT; bit = builder->next[bit])
			weft_bitmap_flip(&builder->bitmaps, bit);
		list->slots[at].row = weft_bitmap_freeze(&builder->bitmaps);
	}
	return builder->bitmaps.error;
}

/* ---- the result: one allocation ---- */

static uint32_t value_bytes(enum cut_field field)
{
	return field <= DESTINATION_PORT ? sizeof(uint16_t)
	       : field <= DESTINATION4	 ? sizeof(uint32_t)
					 : sizeof(struct weft_address);
}

/* Room for an array behind what is there, from a multiple of 8 on. `base` NULL: only counted. */
static void *room(uint8_t *base, size_t *used, size_t bytes)
{
	size_t at = *used;

	*used = (at + bytes + 7) & ~(size_t)7;
	return base ? base + at : NULL;
}

static const void *put_pool(struct weft_classifier *out, size_t *used, const struct weft_pool *pool)
{
	size_t bytes = (size_t)pool->count * pool->record_bytes;
	void *at = room((uint8_t *)out, used, bytes);

	return at ? memcpy(at, pool->records, bytes) : NULL;
}

static bool is_block(const struct builder *builder)
{
	return builder->rule_count <= WEFT_BLOCK_WORDS * WEFT_WORD_BITS;
}

static void put_pools(struct weft_classifier *out, size_t *used, const struct builder *builder)
{
	const void *blocks = put_pool(out, used, &builder->bitmaps.blocks);
	const void *groups = is_block(builder) ? NULL : put_pool(out, used, &builder->bitmaps.groups);

	if (!out)
		return;
	out->blocks = blocks;
	out->groups = groups;
	out->group_count = builder->bitmaps.group_count;
	out->block_words = is_block(builder) ? (builder->rule_count + WEFT_WORD_BITS - 1) / WEFT_WORD_BITS : 0;
}

/* Numbers in a row. */
static uint32_t width_of(const struct builder *builder)
{
	return is_block(builder) ? 1 : builder->bitmaps.group_count;
}

static uint32_t *rows_room(struct weft_classifier *out, size_t *used, const struct builder *builder, uint32_t count)
{
	return room((uint8_t *)out, used, (size_t)count * width_of(builder) * sizeof(uint32_t));
}

/* A bitmap's row: the numbers of its groups, or of its block. */
static void write_row(const struct builder *builder, uint32_t *rows, uint32_t index, uint32_t bitmap)
{
	const struct weft_bitmaps *bitmaps = &builder->bitmaps;
	const uint32_t *groups = (const uint32_t *)bitmaps->bitmaps.records + (size_t)bitmap * bitmaps->group_count;

	if (is_block(builder))
		rows[index] = ((const struct weft_bitmap_group *)bitmaps->groups.records)[groups[0]].blocks[0];
	else
		memcpy(rows + (size_t)index * bitmaps->group_count, groups, bitmaps->group_count * sizeof(*groups));
}

static struct weft_cuts *cuts_of(struct weft_classifier *out, enum cut_field field)
{
	struct weft_cuts *first = field <= DESTINATION_PORT ? out->ports
				  : field <= DESTINATION4   ? out->addresses4
							    : out->addresses6;

	return first + field % 2;
}

static void put_cuts(struct weft_classifier *out, size_t *used, const struct builder *builder, enum cut_field field)
{
	const struct cut_list *list = &builder->cuts[field];
	void *lows = room((uint8_t *)out, used, (size_t)list->count * value_bytes(field));
	uint32_t *rows = rows_room(out, used, builder, list->count);

	if (!out)
		return;
	*cuts_of(out, field) = (struct weft_cuts){list->count, lows, rows};
	for (uint32_t i = 0; i < list->count; i++) {
		const struct cut *cut = &list->cuts[i];

		write_row(builder, rows, i, cut->bitmap);
		if (field <= DESTINATION_PORT)
			((uint16_t *)lows)[i] = (uint16_t)cut->low;
		else if (field <= DESTINATION4)
			((uint32_t *)lows)[i] = (uint32_t)cut->low;
		else
			((struct weft_address *)lows)[i] = (struct weft_address){cut->high, cut->low};
	}
}

/* Elements and their rows; `first` is the number of the row of the rules without one, which the others follow. */
static void put_elements(struct weft_classifier *out, size_t *used, const struct builder *builder, uint32_t end, uint32_t first,
			 uint32_t *rows)
{
	const struct slot_list *list = &builder->slots[end];
	uint32_t slot_count = slots_for(list->used), filter_words = slots_for(list->used / FILTER_ELEMENTS), row = first;
	struct weft_element_slot *slots = room((uint8_t *)out, used, list->used ? slot_count * sizeof(*slots) : 0);
	uint64_t *filter = room((uint8_t *)out, used, list->used ? filter_words * sizeof(*filter) : 0);

	if (!out || !list->used)
		return;
	out->elements[end] = (struct weft_elements){first * width_of(builder), slot_count - 1, filter_words - 1, slots, filter};
	write_row(builder, rows, row++, builder->none[end]);
	for (uint32_t i = 0; i < list->slot_count; i++) {
		const struct weft_element_slot *from = &list->slots[i];
		uint32_t hash = weft_element_hash(from->kind, from->id);

		if (!from->kind)
			continue;
		*slot_of(slots, slot_count, from->kind, from->id) =
		    (struct weft_element_slot){from->id, from->kind, row * width_of(builder)};
		write_row(builder, rows, row++, from->row);
		filter[weft_filter_word(hash, filter_words - 1)] |= weft_filter_bit(hash);
	}
}

/* Both ends' elements. Row 0 is empty. */
static void put_ends(struct weft_classifier *out, size_t *used, const struct builder *builder)
{
	uint32_t second = 2 + builder->slots[0].used;
	uint32_t *rows = rows_room(out, used, builder, second + 1 + builder->slots[1].used);

	if (out)
		out->rows = rows;
	put_elements(out, used, builder, 0, 1, rows);
	put_elements(out, used, builder, 1, second, rows);
}

static void put_classes(struct weft_classifier *out, size_t *used, const struct builder *builder)
{
	uint32_t *protocols = rows_room(out, used, builder, 2 * builder->class_count);
	uint32_t *portless = rows_room(out, used, builder, 2);

	if (!out)
		return;
	out->width = width_of(builder);
	out->protocols = protocols;
	out->portless = portless;
	for (uint32_t i = 0; i < 2 * builder->class_count; i++)
		write_row(builder, protocols, i, builder->protocol_bitmaps[i]);
	for (uint32_t end = 0; end < 2; end++)
		write_row(builder, portless, end, builder->portless[end]);
	memcpy(out->protocol_class, builder->protocol_class, sizeof(out->protocol_class));
}

static uint8_t decision_of(uint8_t action, bool log)
{
	return action == WEFT_POLICY_ALLOW ? log ? WEFT_DECISION_LOG : 0 : WEFT_DECISION_DENY | WEFT_DECISION_LOG;
}

static void put_rules(struct weft_classifier *out, size_t *used, const struct builder *builder, uint8_t default_action)
{
	uint32_t count = builder->rule_count, words = (count + WEFT_WORD_BITS - 1) / WEFT_WORD_BITS;
	uint16_t *orders = room((uint8_t *)out, used, words * WEFT_WORD_BITS * sizeof(*orders));
	uint16_t *first = room((uint8_t *)out, used, words * sizeof(*first));
	uint8_t *decisions = room((uint8_t *)out, used, count + 1);

	if (!out)
		return;
	out->rule_count = count;
	out->orders = orders;
	out->first = first;
	out->decisions = decisions;
	for (uint32_t bit = 0; bit < count; bit++)
		orders[bit] = (uint16_t)builder->order[bit];
	for (uint32_t word = 0; word < words; word++)
		first[word] = orders[word * WEFT_WORD_BITS];
	for (uint32_t i = 0; i < count; i++)
		decisions[i] = decision_of(builder->rules[i].action, builder->rules[i].flags & WEFT_POLICY_RULE_LOG);
	decisions[count] = decision_of(default_action, false);
}

/* Fills `out`, or (NULL) says how many bytes it wants. */
static size_t put(struct weft_classifier *out, const struct builder *builder, uint8_t default_action)
{
	size_t used = sizeof(*out);

	put_pools(out, &used, builder);
	for (enum cut_field field = 0; field < CUT_FIELDS; field++)
		put_cuts(out, &used, builder, field);
	put_ends(out, &used, builder);
	put_classes(out, &used, builder);
	put_rules(out, &used, builder, default_action);
	if (out)
		out->bytes = used;
	return used;
}

/* ---- all of it ---- */

static size_t rule_room(const struct builder *builder)
{
	return (size_t)builder->rule_count * (2 * sizeof(struct mark) + 6 * sizeof(uint32_t));
}

static int build(struct builder *builder)
{
	int error = weft_bitmaps_create(&builder->bitmaps, builder->rule_count ? builder->rule_count : 1);

	if (error)
		return error;
	if (builder->rule_count) {
		builder->marks = weft_host_alloc(rule_room(builder));
		if (!builder->marks)
			return -ENOMEM;
		builder->order = (uint32_t *)(builder->marks + 2 * builder->rule_count);
		builder->next = builder->order + builder->rule_count;
		builder->items = builder->next + builder->rule_count;
		builder->scratch = builder->items + 2 * builder->rule_count;
		order_bits(builder);
	}
	for (enum cut_field field = 0; field < CUT_FIELDS && !error; field++)
		error = build_cuts(builder, field);
	for (uint32_t end = 0; end < 2 && !error; end++)
		error = build_elements(builder, end);
	return error ? error : build_protocols(builder);
}

static void builder_free(struct builder *builder)
{
	for (enum cut_field field = 0; field < CUT_FIELDS; field++)
		weft_host_free(builder->cuts[field].cuts, builder->cuts[field].capacity * sizeof(struct cut));
	for (uint32_t end = 0; end < 2; end++)
		weft_host_free(builder->slots[end].slots, builder->slots[end].slot_count * sizeof(struct weft_element_slot));
	weft_host_free(builder->marks, rule_room(builder));
	weft_bitmaps_destroy(&builder->bitmaps);
	weft_host_free(builder, sizeof(*builder));
}

struct weft_classifier *weft_classifier_create(const struct weft_policy_msg *policy)
{
	struct builder *builder = weft_host_alloc(sizeof(*builder));
	struct weft_classifier *classifier = NULL;

	if (!builder)
		return NULL;
	builder->rules = policy->rules;
	builder->rule_count = policy->rule_count;
	if (!build(builder)) {
		classifier = weft_host_alloc(put(NULL, builder, policy->default_action));
		if (classifier)
			put(classifier, builder, policy->default_action);
	}
	builder_free(builder);
	return classifier;
}

void weft_classifier_destroy(struct weft_classifier *classifier)
{
	if (classifier)
		weft_host_free(classifier, classifier->bytes);
}

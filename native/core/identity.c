/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Identities: sets of elements, interned by the agent. One never changes, so that whoever knows the id knows the elements. */
#include "plane.h"

struct weft_identity *weft_identity_get(struct weft_plane *plane, uint32_t identity_id)
{
	return weft_sparse_pointer(&plane->identities, identity_id);
}

bool weft_identity_known(struct weft_plane *plane, uint32_t identity_id)
{
	return identity_id < WEFT_IDENTITY_FIRST || weft_identity_get(plane, identity_id);
}

void weft_identity_use(struct weft_plane *plane, uint32_t identity_id, int change)
{
	struct weft_identity *identity = weft_identity_get(plane, identity_id);

	if (identity)
		identity->references += (uint64_t)(int64_t)change;
}

static size_t identity_bytes(uint32_t elements)
{
	return sizeof(struct weft_identity) + elements * sizeof(struct weft_element);
}

static bool ascends(const struct weft_element *one, const struct weft_element *other)
{
	return one->kind < other->kind || (one->kind == other->kind && one->id < other->id);
}

static int check(struct weft_context *context, const struct weft_identity_msg *m)
{
	if (m->identity_id < WEFT_IDENTITY_FIRST || m->identity_id >= WEFT_IDENTITY_LIMIT)
		return weft_refuse(context, EINVAL, "IDENTITY identity_id %u: want %u to %u", m->identity_id, WEFT_IDENTITY_FIRST,
				   WEFT_IDENTITY_LIMIT - 1);
	if (m->element_count == 0 || m->element_count > WEFT_IDENTITY_ELEMENTS_MAX)
		return weft_refuse(context, EINVAL, "IDENTITY element_count %u: want 1 to %u", m->element_count,
				   WEFT_IDENTITY_ELEMENTS_MAX);
	for (uint32_t i = 0; i < m->element_count; i++) {
		const struct weft_element *element = &m->elements[i];

		if (element->kind < WEFT_ELEMENT_NETWORK || element->kind > WEFT_ELEMENT_TAG)
			return weft_refuse(context, EINVAL, "IDENTITY elements[%u].kind %u: want %u to %u", i, element->kind,
					   WEFT_ELEMENT_NETWORK, WEFT_ELEMENT_TAG);
		if (element->zero0)
			return weft_refuse(context, EINVAL, "IDENTITY elements[%u].zero0: padding is not zero", i);
		if (i && !ascends(element - 1, element))
			return weft_refuse(context, EINVAL, "IDENTITY elements[%u]: kind %u id %llu is not behind kind %u id %llu", i,
					   element->kind, (unsigned long long)element->id, element[-1].kind,
					   (unsigned long long)element[-1].id);
	}
	for (uint32_t i = m->element_count; i < WEFT_IDENTITY_ELEMENTS_MAX; i++) {
		if (!weft_all_zero(&m->elements[i], sizeof(m->elements[i])))
			return weft_refuse(context, EINVAL, "IDENTITY elements[%u]: not zero, but element_count is %u", i, m->element_count);
	}
	return 0;
}

/* Names the first thing that differs, as it is asked for and as it is. */
static int check_same(struct weft_context *context, const struct weft_identity *old, const struct weft_identity_msg *m)
{
	if (old->element_count != m->element_count)
		return weft_refuse(context, EBUSY, "IDENTITY %u element_count %u: it is %u and cannot change", m->identity_id,
				   m->element_count, old->element_count);
	for (uint32_t i = 0; i < m->element_count; i++) {
		const struct weft_element *is = &old->elements[i], *want = &m->elements[i];

		if (is->kind != want->kind || is->id != want->id)
			return weft_refuse(context, EBUSY, "IDENTITY %u elements[%u] kind %u id %llu: it is kind %u id %llu for ever",
					   m->identity_id, i, want->kind, (unsigned long long)want->id, is->kind,
					   (unsigned long long)is->id);
	}
	return 0;
}

int weft_identity_set(struct weft_context *context, const void *body)
{
	const struct weft_identity_msg *m = body;
	struct weft_plane *plane = context->plane;
	struct weft_identity *identity;
	int error = check(context, m);

	if (error)
		return error;
	identity = weft_identity_get(plane, m->identity_id);
	if (identity) {
		error = check_same(context, identity, m);
		if (error)
			return error;
		identity->epoch = context->epoch;
		context->changed = memcmp(identity->key, m->key, WEFT_KEY_BYTES) != 0;
		memcpy(identity->key, m->key, WEFT_KEY_BYTES);
		return 0;
	}
	identity = weft_host_alloc(identity_bytes(m->element_count));
	if (!identity || weft_sparse_reserve(plane, &plane->identities, m->identity_id)) {
		weft_host_free(identity, identity_bytes(m->element_count));
		return weft_refuse(context, ENOMEM, "IDENTITY %u: out of memory", m->identity_id);
	}
	identity->identity_id = m->identity_id;
	identity->element_count = m->element_count;
	identity->epoch = context->epoch;
	memcpy(identity->key, m->key, WEFT_KEY_BYTES);
	memcpy(identity->elements, m->elements, m->element_count * sizeof(*m->elements));
	for (uint32_t i = 0; i < m->element_count; i++)
		identity->hashes[i] = weft_element_hash(m->elements[i].kind, m->elements[i].id);
	weft_sparse_set(plane, &plane->identities, m->identity_id, (uintptr_t)identity);
	plane->identity_count++;
	context->changed = true;
	return 0;
}

uint32_t weft_identities_word(const struct weft_plane *plane)
{
	return __atomic_load_n(&plane->identities_word, __ATOMIC_ACQUIRE);
}

static int identity_remove(struct weft_context *context, struct weft_identity *identity)
{
	struct weft_plane *plane = context->plane;

	if (identity->references)
		return weft_refuse(context, EBUSY, "IDENTITY %u: used by %llu vifs and routes", identity->identity_id,
				   (unsigned long long)identity->references);
	weft_sparse_set(plane, &plane->identities, identity->identity_id, 0);
	__atomic_store_n(&plane->identities_word, weft_plane_generation(plane), __ATOMIC_RELEASE);
	weft_host_free_deferred(plane, identity, identity_bytes(identity->element_count));
	plane->identity_count--;
	context->changed = true;
	return 0;
}

int weft_identity_delete(struct weft_context *context, const void *body)
{
	const struct weft_identity_msg *m = body;
	struct weft_identity *identity = weft_identity_get(context->plane, m->identity_id);

	if (!identity)
		return weft_refuse(context, ENOENT, "IDENTITY identity_id %u: no such identity", m->identity_id);
	return identity_remove(context, identity);
}

int weft_identity_sweep(struct weft_context *context)
{
	struct weft_sparse *all = &context->plane->identities;
	int result = 0;

	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_identity *identity = weft_identity_get(context->plane, id);

		if (identity->epoch != context->epoch) {
			int error = identity_remove(context, identity);

			result = result ? result : error;
		}
	}
	return result;
}

void weft_identities_destroy(struct weft_plane *plane)
{
	struct weft_sparse *all = &plane->identities;

	if (!all->pages)
		return;
	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_identity *identity = weft_identity_get(plane, id);

		weft_host_free(identity, identity_bytes(identity->element_count));
	}
	weft_sparse_destroy(all);
}

void weft_identity_fill(const struct weft_identity *identity, struct weft_identity_msg *out)
{
	memset(out, 0, sizeof(*out));
	out->identity_id = identity->identity_id;
	out->element_count = identity->element_count;
	memcpy(out->key, identity->key, WEFT_KEY_BYTES);
	memcpy(out->elements, identity->elements, identity->element_count * sizeof(*out->elements));
}

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Virtual addresses: which addresses of a VRF services have, whatever their protocols and ports. For echoes to them. */
#include "plane.h"

#define BUCKETS 65536u

struct address {
	struct address *next; /* of the same bucket; the control thread relinks it */
	uint32_t vrf_id;
	uint32_t services; /* that have it; control thread */
	uint8_t family;
	uint8_t bytes[16];
};

static uint32_t bucket_of(uint32_t vrf_id, const uint8_t address[16])
{
	uint64_t words[2], h;

	memcpy(words, address, sizeof(words));
	h = (words[0] ^ vrf_id) * 0x9e3779b97f4a7c15ull;
	h = (h ^ h >> 32 ^ words[1]) * 0xd6e8feb86659fd93ull;
	return (uint32_t)(h >> 48) % BUCKETS;
}

static struct address *find(struct weft_plane *plane, uint32_t vrf_id, uint8_t family, const uint8_t address[16])
{
	struct address *at = weft_sparse_pointer(&plane->service_addresses, bucket_of(vrf_id, address));

	while (at && (at->vrf_id != vrf_id || at->family != family || memcmp(at->bytes, address, 16)))
		at = weft_load(at->next);
	return at;
}

bool weft_service_has_address(struct weft_plane *plane, uint32_t vrf_id, uint8_t family, const uint8_t address[16])
{
	return __atomic_load_n(&plane->service_count, __ATOMIC_RELAXED) && find(plane, vrf_id, family, address);
}

int weft_service_address_add(struct weft_plane *plane, const struct weft_service *service)
{
	struct address *address = find(plane, service->vrf_id, service->family, service->address);
	uint32_t bucket = bucket_of(service->vrf_id, service->address);

	if (address) {
		address->services++;
		return 0;
	}
	address = weft_host_alloc(sizeof(*address));
	if (!address || weft_sparse_reserve(plane, &plane->service_addresses, bucket)) {
		weft_host_free(address, sizeof(*address));
		return -ENOMEM;
	}
	address->vrf_id = service->vrf_id;
	address->services = 1;
	address->family = service->family;
	memcpy(address->bytes, service->address, 16);
	address->next = weft_sparse_pointer(&plane->service_addresses, bucket);
	weft_sparse_set(plane, &plane->service_addresses, bucket, (uintptr_t)address);
	return 0;
}

void weft_service_address_drop(struct weft_plane *plane, const struct weft_service *service)
{
	struct address *address = find(plane, service->vrf_id, service->family, service->address), *at;
	uint32_t bucket = bucket_of(service->vrf_id, service->address);

	if (--address->services)
		return;
	at = weft_sparse_pointer(&plane->service_addresses, bucket);
	if (at == address) {
		weft_sparse_set(plane, &plane->service_addresses, bucket, (uintptr_t)address->next);
	} else {
		while (at->next != address)
			at = at->next;
		weft_store(at->next, address->next);
	}
	weft_host_free_deferred(plane, address, sizeof(*address));
}

int weft_service_addresses_create(struct weft_plane *plane)
{
	return weft_sparse_create(&plane->service_addresses, BUCKETS);
}

void weft_service_addresses_destroy(struct weft_plane *plane)
{
	struct weft_sparse *all = &plane->service_addresses;

	for (uint32_t bucket = weft_sparse_next(all, 0); bucket < all->limit; bucket = weft_sparse_next(all, bucket + 1)) {
		struct address *address = weft_sparse_pointer(all, bucket);

		while (address) {
			struct address *next = address->next;

			weft_host_free(address, sizeof(*address));
			address = next;
		}
	}
	weft_sparse_destroy(all);
}

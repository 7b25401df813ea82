/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Services and their backends, in words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rows.h"

static void begin(struct table *table, const struct weft_service_msg *service)
{
	table_row(table);
	table_number(table, "service", service->service_id);
	table_number(table, "vrf", service->vrf_id);
	table_text(table, "protocol", service->protocol == 6 ? "tcp" : service->protocol == 17 ? "udp" : "unknown");
	cell_address(table, "address", service->family, service->address);
	table_number(table, "port", service->port);
}

static void end(struct table *table, const struct weft_service_msg *service, const struct weft_service_backend *backend,
		uint32_t epoch)
{
	table_number(table, "affinity_s", service->affinity_s);
	table_detail(table);
	table_boolean(table, "hairpin", service->flags & WEFT_SERVICE_HAIRPIN);
	table_detail(table);
	table_number(table, "nat_pool", service->nat_pool_id);
	table_detail(table);
	table_number(table, "slots", service->slots);
	table_detail(table);
	cell_bytes(table, "key", service->key);
	table_detail(table);
	cell_bytes(table, "backend_key", backend->key);
	table_detail(table);
	table_number(table, "backend_id", backend->backend_id);
	table_detail(table);
	table_number(table, "epoch", epoch);
	table_detail(table);
}

static void row_backend(struct table *table, const struct weft_service_msg *service, const struct weft_service_backend *backend,
			uint32_t epoch)
{
	begin(table, service);
	cell_address(table, "backend", service->family, backend->address);
	table_number(table, "backend_port", backend->port);
	table_number(table, "backend_vrf", backend->vrf_id);
	table_text(table, "state", backend->state == WEFT_BACKEND_UP ? "up" : "draining");
	table_number(table, "weight", backend->weight);
	table_number(table, "connections", backend->connections_live);
	table_number(table, "limit", backend->connections_max);
	table_number(table, "opened", backend->connections);
	table_number(table, "packets", backend->packets);
	table_number(table, "bytes", backend->bytes);
	end(table, service, backend, epoch);
}

void row_service(struct table *table, const void *body, uint32_t epoch)
{
	const uint8_t *backends = (const uint8_t *)body + sizeof(struct weft_service_msg);
	static const struct weft_service_backend none;
	struct weft_service_msg service;

	memcpy(&service, body, sizeof(service));
	for (uint32_t i = 0; i < service.backend_count; i++, backends += sizeof(struct weft_service_backend)) {
		struct weft_service_backend backend;

		memcpy(&backend, backends, sizeof(backend));
		row_backend(table, &service, &backend, epoch);
	}
	if (service.backend_count)
		return;
	begin(table, &service);
	cell_address(table, "backend", 0, none.address);
	table_text(table, "backend_port", "");
	table_text(table, "backend_vrf", "");
	table_text(table, "state", "no backend");
	table_text(table, "weight", "");
	table_text(table, "connections", "");
	table_text(table, "limit", "");
	table_text(table, "opened", "");
	table_text(table, "packets", "");
	table_text(table, "bytes", "");
	end(table, &service, &none, epoch);
}

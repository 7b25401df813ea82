/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * ICMP of the plane's own: echo replies for its addresses and those of services; time exceeded, too big and port unreachable
 * (RFC 792, RFC 1191, RFC 4443).
 */
#include "service.h"
#include "worker.h"

#include "checksum.h"

#define TOKENS_PER_SECOND 100u
#define TOKENS_MAX 50u
#define TOKEN_NS (1000000000ull / TOKENS_PER_SECOND)
#define QUOTE4_MAX (576u - 28u)	 /* RFC 1812 4.3.2.3 */
#define QUOTE6_MAX (1280u - 48u) /* RFC 4443 3 */
#define REPLY_TTL 64u

bool weft_bucket_take(struct weft_bucket *bucket, uint64_t now_ns)
{
	uint64_t full_ns = bucket->full_ns > now_ns ? bucket->full_ns : now_ns;

	if (full_ns - now_ns > (TOKENS_MAX - 1) * TOKEN_NS)
		return false;
	bucket->full_ns = full_ns + TOKEN_NS;
	return true;
}

static bool may_tell(struct weft_worker *worker, const struct weft_step *step, enum weft_icmp_cause cause)
{
	return weft_bucket_take(&worker->icmp[weft_step_owner(step)][cause], worker->now_ns);
}

/* Who the error is from: the gateway address of the port, or else, and when it is about a port, the packet's destination. */
static void error_source(const struct weft_worker *worker, const struct weft_step *step, enum weft_icmp_cause cause,
			 const struct weft_vif *out, uint8_t source[16])
{
	const struct weft_vif *port =
	    step->vif_id == WEFT_FROM_FABRIC || worker->vif->type == WEFT_VIF_PHYSICAL ? out : worker->vif;
	const struct weft_vif_msg *message = port && cause != WEFT_ICMP_PORT_UNREACHABLE ? weft_load(port->message) : NULL;
	uint32_t count = message ? message->address_count : 0;

	memcpy(source, step->view.destination, 16);
	for (uint32_t i = 0; i < count && i < WEFT_VIF_ADDRESSES_MAX; i++) {
		const struct weft_vif_address *address = &message->addresses[i];

		if (address->family == step->view.family && (address->flags & WEFT_VIF_ADDRESS_GATEWAY)) {
			memcpy(source, address->address, 16);
			return;
		}
	}
}

/* By enum weft_icmp_cause. */
static const struct {
	uint8_t type, code;
} errors4[] = {{11, 0}, {3, 4}, {3, 3}}, errors6[] = {{3, 0}, {2, 0}, {1, 4}};

static void write_error4(struct weft_packet *error, const uint8_t *source, const struct weft_step *step,
			 enum weft_icmp_cause cause, uint32_t mtu)
{
	struct weft_ipv4 *ip = weft_ipv4_at(error);
	struct weft_icmp *icmp = (void *)(ip + 1);
	uint32_t icmp_bytes = error->length - WEFT_L3 - (uint32_t)sizeof(*ip);

	memset(ip, 0, sizeof(*ip) + sizeof(*icmp));
	ip->version_ihl = 0x45;
	ip->total = weft_be16_of(error->length - WEFT_L3);
	ip->ttl = REPLY_TTL;
	ip->protocol = WEFT_PROTOCOL_ICMP;
	memcpy(ip->source, source, 4);
	memcpy(ip->destination, step->view.source, 4);
	weft_sum_store(ip->checksum, weft_sum(ip, sizeof(*ip), 0));
	icmp->type = errors4[cause].type;
	icmp->code = errors4[cause].code;
	if (cause == WEFT_ICMP_TOO_BIG)
		icmp->sequence = weft_be16_of(mtu < 65535 ? mtu : 65535); /* next-hop MTU, RFC 1191 4 */
	weft_sum_store(icmp->checksum, weft_sum(icmp, icmp_bytes, 0));
}

static void write_error6(struct weft_packet *error, const uint8_t *source, const struct weft_step *step,
			 enum weft_icmp_cause cause, uint32_t mtu)
{
	struct weft_ipv6 *ip = weft_ipv6_at(error);
	struct weft_icmp *icmp = (void *)(ip + 1);
	uint32_t icmp_bytes = error->length - WEFT_L3 - (uint32_t)sizeof(*ip);

	memset(ip, 0, sizeof(*ip) + sizeof(*icmp));
	weft_ipv6_class_set(ip, 0);
	ip->payload = weft_be16_of(icmp_bytes);
	ip->next = WEFT_PROTOCOL_ICMPV6;
	ip->hops = REPLY_TTL;
	memcpy(ip->source, source, 16);
	memcpy(ip->destination, step->view.source, 16);
	icmp->type = errors6[cause].type;
	icmp->code = errors6[cause].code;
	if (cause == WEFT_ICMP_TOO_BIG) {
		icmp->identifier = weft_be16_of(mtu >> 16);
		icmp->sequence = weft_be16_of(mtu & 0xffff);
	}
	weft_sum_store(
	    icmp->checksum,
	    weft_sum(icmp, icmp_bytes, weft_sum_pseudo(6, ip->source, ip->destination, WEFT_PROTOCOL_ICMPV6, icmp_bytes)));
}

enum weft_drop weft_icmp_error(struct weft_worker *worker, const struct weft_step *step, enum weft_icmp_cause cause,
			       const struct weft_vif *out, uint32_t mtu, enum weft_drop reason)
{
	uint32_t headers = (step->view.family == 4 ? 20u : 40u) + 8u, quote = step->view.family == 4 ? QUOTE4_MAX : QUOTE6_MAX;
	struct weft_packet *error;
	uint8_t source[16];

	/* RFC 1122 3.2.2, RFC 4443 2.4 e: never about an error, a later fragment, or a sender that is no single host */
	if (step->view.kind == WEFT_KIND_ICMP_ERROR || step->view.fragment == WEFT_FRAGMENT_LATER ||
	    weft_is_bad_source(step->view.family, step->view.source))
		return reason;
	if (!may_tell(worker, step, cause))
		return WEFT_DROP_ICMP_RATE;
	if (quote > step->view.l3_bytes)
		quote = step->view.l3_bytes;
	error = weft_packet_make(worker, WEFT_L3 + headers + quote);
	if (!error)
		return reason;
	error_source(worker, step, cause, out, source);
	memset(error->data, 0, WEFT_L3 + headers);
	weft_host_packet_copy_out(step->packet, WEFT_L3, error->data + WEFT_L3 + headers, quote);
	if (WEFT_UNLIKELY(step->translated)) /* its sender knows the packet as it came */
		weft_translate_quote(error->data + WEFT_L3 + headers, quote, step->view.family, &step->view.key,
				     step->packet->flags & WEFT_PACKET_CSUM_PARTIAL);
	if (step->view.family == 4)
		write_error4(error, source, step, cause, mtu);
	else
		write_error6(error, source, step, cause, mtu);
	weft_output_back(worker, step, error, step->view.family, step->view.source);
	return reason;
}

/*
 * An echo to the address of a service: a destination like others, so the egress sets of the client's port are asked, and an
 * answer takes a token.
 */
static enum weft_drop may_answer(struct weft_worker *worker, const struct weft_step *step)
{
	enum weft_drop denied = weft_judge_destination(worker, step);

	if (denied)
		return denied;
	return may_tell(worker, step, WEFT_ICMP_PORT_UNREACHABLE) ? WEFT_DROP_NONE : WEFT_DROP_ICMP_RATE;
}

/* A packet to an address of the plane or of a service: answers an echo request (takes the packet), else NO_RECEIVER. */
static enum weft_drop receive(struct weft_worker *worker, struct weft_step *step)
{
	const struct weft_view *view = &step->view;
	struct weft_packet *packet = step->packet;
	uint8_t request = view->family == 4 ? 8 : 128, answer = view->family == 4 ? 0 : 129;
	uint8_t protocol = view->family == 4 ? WEFT_PROTOCOL_ICMP : WEFT_PROTOCOL_ICMPV6;
	struct weft_icmp *icmp;
	enum weft_drop reason;
	uint16_t before, after;

	if (view->protocol != protocol || view->icmp_type != request || view->fragment != WEFT_FRAGMENT_NONE ||
	    packet->gso != WEFT_GSO_NONE)
		return WEFT_DROP_NO_RECEIVER;
	if (WEFT_UNLIKELY(weft_service_has_address(worker->plane, step->vrf_id, view->family, view->destination))) {
		reason = may_answer(worker, step);
		if (reason)
			return reason;
	}
	if (!weft_checksum_complete(worker, packet))
		return WEFT_DROP_NO_MEMORY;
	icmp = (void *)(packet->data + view->l4);
	memcpy(&before, icmp, 2);
	icmp->type = answer;
	memcpy(&after, icmp, 2);
	weft_sum_replace16(icmp->checksum, before, after);
	if (view->family == 4) {
		struct weft_ipv4 *ip = weft_ipv4_at(packet);

		memcpy(ip->source, view->destination, 4);
		memcpy(ip->destination, view->source, 4);
		ip->ttl = REPLY_TTL;
		memset(ip->checksum, 0, 2);
		weft_sum_store(ip->checksum, weft_sum(ip, view->l4 - WEFT_L3, 0));
	} else {
		struct weft_ipv6 *ip = weft_ipv6_at(packet);

		memcpy(ip->source, view->destination, 16);
		memcpy(ip->destination, view->source, 16);
		ip->hops = REPLY_TTL;
	}
	step->packet = NULL;
	weft_output_back(worker, step, packet, view->family, view->source);
	return WEFT_DROP_NONE;
}

enum weft_drop weft_icmp_answer(struct weft_worker *worker, struct weft_step *step, enum weft_drop reason)
{
	enum weft_drop denied;

	if (reason == WEFT_DROP_NO_RECEIVER)
		return receive(worker, step);
	if (reason != WEFT_DROP_NO_BACKEND)
		return reason;
	denied = weft_judge_destination(worker, step); /* there is no backend that policy could be asked about */
	if (denied)
		return denied;
	weft_icmp_error(worker, step, WEFT_ICMP_PORT_UNREACHABLE, NULL, 0, reason); /* counted as what it is, told or not */
	return reason;
}

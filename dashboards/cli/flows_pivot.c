#include "dashboards/cli/flows_pivot.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"

/* The ends that may be named: that of a pseudonym may not. */
struct ends {
	char addr[2][48]; /* "" */
	uint16_t port[2]; /* 0 none */
	bool is_v6;
};

/* "" where it may not be named. */
static void put_field(const struct field_view *view, const char *path, char text[48])
{
	const struct field *field = field_find(path, strlen(path));
	struct field_value value;
	struct text into;

	text[0] = '\0';
	text_init(&into, text, 48);
	if (field_get(field, view, &value)) {
		field_put_text(&into, field, &value);
	}
}

static struct ends ends_of(const struct field_view *view)
{
	const struct flow_record *flow = &view->record->flow;
	struct ends ends = { .port = { flow->source_port, flow->destination_port } };
	char type[48];

	put_field(view, "source.ip", ends.addr[0]);
	put_field(view, "destination.ip", ends.addr[1]);
	put_field(view, "network.type", type);
	ends.is_v6 = strcmp(type, "ipv6") == 0;
	return ends;
}

/* "tcp"; "" where neither tool has a name for it. */
static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmp6";
	default:
		return "";
	}
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

/* Tags in front of the IP header move what a capture filter looks at; other tunnels hide it. */
static bool put_tags(struct text *text, const struct context *context)
{
	for (unsigned i = 0; i < CONTEXT_TUNNELS_MAX; i++) {
		switch (context->tunnels[i]) {
		case TUNNEL_NONE:
			return true;
		case TUNNEL_VLAN:
			text_put(text, "vlan and ");
			break;
		case TUNNEL_QINQ:
			text_put(text, "vlan and vlan and ");
			break;
		case TUNNEL_MPLS:
			text_put(text, "mpls and ");
			break;
		case TUNNEL_PPPOE:
			text_put(text, "pppoes and ");
			break;
		default:
			return false;
		}
	}
	return true;
}

void flows_pivot_capture(struct text *text, const struct field_view *view)
{
	const struct flow_record *flow = &view->record->flow;
	struct ends ends = ends_of(view);
	char memory[256];
	struct text filter;

	text_init(&filter, memory, sizeof(memory));
	if (!put_tags(&filter, &flow->context)) {
		return;
	}
	const char *protocol = protocol_name(flow->protocol);
	if (protocol[0]) {
		text_put(&filter, protocol);
	} else {
		text_printf(&filter, "%s proto %u", ends.is_v6 ? "ip6" : "ip", flow->protocol);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (ends.addr[i][0]) {
			text_printf(&filter, " and host %s", ends.addr[i]);
		}
		if (has_ports(flow->protocol)) {
			text_printf(&filter, " and port %u", ends.port[i]);
		}
	}
	text_put(text, filter.at);
}

static void put_time(struct text *text, uint64_t time_ns)
{
	text_printf(text, "%" PRIu64 ".%09" PRIu64, time_ns / NS_PER_S, time_ns % NS_PER_S);
}

static uint64_t first_ns(const struct field_view *view)
{
	const struct flow_record *flow = &view->record->flow;

	return view->as_part ? flow->start_ns : flow->flow_start_ns;
}

void flows_pivot_from(struct text *text, const struct field_view *view)
{
	put_time(text, first_ns(view));
}

void flows_pivot_to(struct text *text, const struct field_view *view)
{
	put_time(text, view->record->flow.end_ns);
}

void flows_pivot_display(struct text *text, const struct field_view *view)
{
	const struct flow_record *flow = &view->record->flow;
	struct ends ends = ends_of(view);
	const char *protocol = protocol_name(flow->protocol);

	text_put(text, "frame.time_epoch >= ");
	put_time(text, first_ns(view));
	text_put(text, " && frame.time_epoch <= ");
	put_time(text, flow->end_ns);
	for (unsigned i = 0; i < 2; i++) {
		if (ends.addr[i][0]) {
			text_printf(text, " && %s.addr == %s", ends.is_v6 ? "ipv6" : "ip",
				ends.addr[i]);
		}
		if (has_ports(flow->protocol)) {
			text_printf(text, " && %s.port == %u", protocol, ends.port[i]);
		}
	}
	if (flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6) {
		text_printf(text, " && %s", flow->protocol == IPPROTO_ICMP ? "icmp" : "icmpv6");
	} else if (!has_ports(flow->protocol)) {
		text_printf(
			text, " && %s == %u", ends.is_v6 ? "ipv6.nxt" : "ip.proto", flow->protocol);
	}
}

#include "analyzer/format/field_set.h"

#include <string.h>

enum { FROM_MAX = 24 };

#define START "event.start", "borderflow.flow.start"
#define ENDS                                                                                       \
	"source.ip", "destination.ip", "network.type", "borderflow.own_side", "borderflow.device"
#define COUNTED                                                                                    \
	"borderflow.flow.part", "source.bytes", "destination.bytes", "source.packets",             \
		"destination.packets", "borderflow.flow.total_source_bytes",                       \
		"borderflow.flow.total_destination_bytes", "borderflow.flow.total_source_packets", \
		"borderflow.flow.total_destination_packets"
/* record_knows_bytes() asks what kind of flow it is. */
#define KNOWN                                                                                      \
	COUNTED, ENDS, "network.iana_number", "network.protocol", "borderflow.tcp.state",          \
		"borderflow.icmp.type"
#define NAMES "borderflow.names", "borderflow.name_sources"

/* What fields are made of, by the fields that the archive sets. */
static const struct {
	const char *path, *from[FROM_MAX];
} getters[] = {
	{ "@timestamp", { START } },
	{ "event.start", { START } },
	{ "event.duration", { START, "event.end" } },
	{ "event.start.hour", { START } },
	{ "event.start.day", { START } },
	{ "event.start.week", { START } },
	{ "event.start.weekday", { START } },
	{ "network.transport", { "network.iana_number" } },
	{ "network.type", { ENDS } },
	{ "network.application", { "borderflow.app.id" } },
	{ "network.bytes", { COUNTED } },
	{ "network.packets", { COUNTED } },
	{ "source.ip", { ENDS, "network.direction" } },
	{ "source.bytes", { KNOWN } },
	{ "source.packets", { KNOWN } },
	{ "source.as.number", { "borderflow.own_side", "borderflow.server_asn" } },
	{ "source.as.organization.name",
		{ "borderflow.own_side", "borderflow.server_organization" } },
	{ "source.geo.country_iso_code", { "borderflow.own_side", "borderflow.server_country" } },
	{ "destination.ip", { ENDS, "network.direction" } },
	{ "destination.bytes", { KNOWN } },
	{ "destination.packets", { KNOWN } },
	{ "destination.domain", { NAMES } },
	{ "destination.as.number", { "borderflow.own_side", "borderflow.server_asn" } },
	{ "destination.as.organization.name",
		{ "borderflow.own_side", "borderflow.server_organization" } },
	{ "destination.geo.country_iso_code",
		{ "borderflow.own_side", "borderflow.server_country" } },
	{ "tls.client.server_name", { NAMES } },
	{ "tls.version", { "borderflow.l7.tls_version" } },
	{ "borderflow.app.confidence", { "borderflow.app.id" } },
	{ "borderflow.app.embedded", { "borderflow.app.id" } },
	{ "borderflow.flow.part", { START } },
	{ "borderflow.flow.start", { START } },
	{ "borderflow.server_country", { "borderflow.zone" } }, /* field_no_country() */
	{ "borderflow.operator_country", { "borderflow.zone" } },
	{ "borderflow.app.owner_country", { "borderflow.control" } },
	{ "borderflow.app.parent_country", { "borderflow.control" } },
	{ "borderflow.names", { NAMES } },
	{ "borderflow.name_sources", { NAMES } },
	{ "borderflow.name_used", { NAMES } },
	{ "borderflow.device", { ENDS } },
	{ "borderflow.tcp.retransmissions", { "network.iana_number" } },
	{ "borderflow.tunnel", { "borderflow.tunnel" } },
};

void field_set_add_alone(struct field_set *set, const struct field *field)
{
	if (field->forms & FIELD_ARCHIVED) {
		set->bits[field->key / 64] |= UINT64_C(1) << field->key % 64;
	}
}

static void add_paths(struct field_set *set, const char *const *paths)
{
	for (unsigned i = 0; i < FROM_MAX && paths[i]; i++) {
		field_set_add_alone(set, field_find(paths[i], strlen(paths[i])));
	}
}

static const char *const *find_getter(const struct field *field)
{
	for (unsigned i = 0; i < sizeof(getters) / sizeof(getters[0]); i++) {
		if (strcmp(getters[i].path, field->path) == 0) {
			return getters[i].from;
		}
	}
	return NULL;
}

void field_set_add(struct field_set *set, const struct field *field)
{
	const char *const *from = find_getter(field);

	field_set_add_alone(set, field);
	if (from) {
		add_paths(set, from);
	} else if (field->get || field->get_instead) {
		*set = FIELD_SET_ALL;
	}
}

bool field_set_is_all(const struct field_set *set)
{
	return memcmp(set, &FIELD_SET_ALL, sizeof(*set)) == 0;
}

void field_set_add_all(struct field_set *set, const struct field_set *others)
{
	for (unsigned i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++) {
		set->bits[i] |= others->bits[i];
	}
}

void field_set_add_bytes(struct field_set *set)
{
	static const char *const paths[FROM_MAX] = { KNOWN };

	add_paths(set, paths);
}

#include "dashboards/cli/flows_lookups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_reader.h"
#include "analyzer/classify/names.h"
#include "base/clock.h"

/* A flow that a look-up named, and the best that was found for it. */
struct wanted {
	struct addr client;
	char name[L7_INFO_NAME_MAX + 1];
	uint64_t start_ns;
	bool is_found;
	struct flow_lookup_place place;
};

struct flow_lookups {
	struct wanted *wanted;
	size_t count, room;
};

struct flow_lookups *flow_lookups_create(void)
{
	return calloc(1, sizeof(struct flow_lookups));
}

void flow_lookups_destroy(struct flow_lookups *lookups)
{
	if (lookups) {
		free(lookups->wanted);
		free(lookups);
	}
}

/* The name that the client, or whoever answered it, was seen to look up; NULL: none. */
static const char *looked_up(const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count && l7->protocol != L7_DNS; i++) {
		if (l7->names[i].source == NAME_DNS_QUERY ||
			l7->names[i].source == NAME_DNS_UNASKED) {
			return l7_info_name(l7, i);
		}
	}
	return NULL;
}

bool flow_lookups_want(struct flow_lookups *lookups, const struct record *record)
{
	const char *name = looked_up(&record->l7);

	if (!name) {
		return true;
	}
	if (lookups->count == lookups->room) {
		size_t room = lookups->room ? lookups->room * 2 : 16;
		struct wanted *more = realloc(lookups->wanted, room * sizeof(*more));
		if (!more) {
			return false;
		}
		lookups->wanted = more;
		lookups->room = room;
	}
	struct wanted *wanted = &lookups->wanted[lookups->count++];
	*wanted = (struct wanted){ .client = record->flow.source,
		.start_ns = record->flow.flow_start_ns };
	snprintf(wanted->name, sizeof(wanted->name), "%s", name);
	return true;
}

static void take_lookup(struct wanted *wanted, const struct archived *row)
{
	const struct flow_record *flow = &row->record.flow;
	struct flow_lookup_place *place = &wanted->place;

	if (flow->flow_start_ns > wanted->start_ns ||
		(wanted->is_found && flow->flow_start_ns < place->start_ns) ||
		!addr_equal(&flow->source, &wanted->client) ||
		strcmp(l7_info_name(&row->record.l7, 0), wanted->name) != 0) {
		return;
	}
	wanted->is_found = true;
	place->start_ns = flow->flow_start_ns;
	for (unsigned i = 0; i < 2; i++) {
		place->offsets[i] = flow->offsets[i];
		snprintf(place->inputs[i], sizeof(place->inputs[i]), "%s", row->labels.inputs[i]);
	}
}

static void take_records(void *context, struct archived *rows, size_t count)
{
	const struct flow_lookups *lookups = context;

	for (size_t i = 0; i < count; i++) {
		const struct l7_info *l7 = &rows[i].record.l7;
		for (size_t k = 0;
			k < lookups->count && l7->protocol == L7_DNS && l7->name_count > 0; k++) {
			take_lookup(&lookups->wanted[k], &rows[i]);
		}
	}
}

int flow_lookups_find(struct flow_lookups *lookups, const char *archive, struct err *err)
{
	const uint64_t life_ns = NAMES_LIFE_MOST_S * NS_PER_S;
	struct archive_options options = {
		.folder = archive, .from_ns = UINT64_MAX, .whole = true
	};
	struct archive_stats stats;

	for (size_t i = 0; i < lookups->count; i++) {
		uint64_t start_ns = lookups->wanted[i].start_ns;
		options.from_ns = start_ns < options.from_ns ? start_ns : options.from_ns;
		options.to_ns = start_ns >= options.to_ns ? start_ns + 1 : options.to_ns;
	}
	if (lookups->count == 0) {
		return 0;
	}
	options.from_ns = options.from_ns > life_ns ? options.from_ns - life_ns : 0;
	return archive_each_record(&options, take_records, lookups, &stats, err);
}

void flow_lookups_each(const struct flow_lookups *lookups, flow_lookups_take *take, void *context)
{
	for (size_t i = 0; i < lookups->count; i++) {
		if (lookups->wanted[i].is_found) {
			take(context, &lookups->wanted[i].place);
		}
	}
}

#include "analyzer/rollup/group_protect.h"

#include <errno.h>
#include <string.h>

/* Of the body as a whole: what a flow is, where it goes, what the rules said. */
static bool is_of_body(const struct field *field)
{
	static const char *const paths[] = { "network.application", "network.protocol",
		"network.transport", "network.type", "network.direction",
		"borderflow.server_country", "borderflow.server_role",
		"borderflow.operator_country", "borderflow.zone", "borderflow.control",
		"borderflow.name_hidden", "borderflow.block", "borderflow.via",
		"borderflow.inferred", "borderflow.inferred_by", "event.start.hour",
		"event.start.day", "event.start.week", "event.start.weekday" };

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(field->path, paths[i]) == 0) {
			return true;
		}
	}
	return strncmp(field->path, "borderflow.app.", 15) == 0 ||
	       strncmp(field->path, "borderflow.policy.", 18) == 0;
}

static bool is_part(const struct field *field)
{
	return strcmp(field->path, "borderflow.unit") == 0 ||
	       strcmp(field->path, "borderflow.class") == 0;
}

static bool is_app(const struct field *field)
{
	return strcmp(field->path, "network.application") == 0;
}

static int refuse(struct err *err, const char *what, const char *field)
{
	return err_set(err, EPERM,
		"%s: %s could single out a device. Under pseudonyms groups speak of apps, owners, "
		"countries, zones, rules and verdicts, of units and classes, or of the apps of "
		"each; whoever may see devices gives the key (--key)",
		what, field);
}

/* Of parts the tables of days have bytes and packets. */
static bool is_summed(const struct field *field, bool is_of_part)
{
	bool is_way = strcmp(field->path, "source.bytes") == 0 ||
		      strcmp(field->path, "destination.bytes") == 0;

	return strcmp(field->path, "network.bytes") == 0 ||
	       strcmp(field->path, "network.packets") == 0 || (is_way && !is_of_part);
}

static int check_groups(const struct grouping *grouping, bool *is_of_part, struct err *err)
{
	unsigned count = grouping_field_count(grouping), parts = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct field *field = grouping_field(grouping, i);
		parts += is_part(field);
		if (!is_part(field) && !is_of_body(field)) {
			return refuse(err, "--group-by", field->path);
		}
	}
	*is_of_part = parts > 0;
	for (unsigned i = 0; parts && i < count; i++) {
		const struct field *field = grouping_field(grouping, i);
		if (parts > 1 || count > 2 || (!is_part(field) && !is_app(field))) {
			return refuse(err, "--group-by", "a unit or class by more than its app");
		}
	}
	for (unsigned i = 0; i < grouping_sum_count(grouping); i++) {
		const struct field *field = grouping_sum(grouping, i);
		if (!is_summed(field, parts > 0)) {
			return refuse(
				err, parts ? "--sum of parts of the body" : "--sum", field->path);
		}
	}
	return 0;
}

int group_protect_check(const struct grouping *grouping, const struct query *query, bool is_of_days,
	bool *is_of_part, struct err *err)
{
	const struct field *field = NULL;
	int status = check_groups(grouping, is_of_part, err);

	if (status == 0 && *is_of_part && (query || !is_of_days)) {
		return refuse(
			err, "--group-by", "a part of the body with a filter or within a day");
	}
	for (unsigned i = 0; status == 0 && query && (field = query_field(query, i)); i++) {
		if (!is_of_body(field)) {
			return refuse(err, "the filter", field->path);
		}
	}
	return status;
}

bool group_protect_asks_hours(const struct grouping *grouping, const struct query *query)
{
	const struct field *hour = field_find("hour", 4), *field = NULL;
	bool asks = false;

	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		asks |= grouping_field(grouping, i) == hour;
	}
	for (unsigned i = 0; query && (field = query_field(query, i)); i++) {
		asks |= field == hour;
	}
	return asks;
}

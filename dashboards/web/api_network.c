/* A network by its number: whose it is, the apps that are tied to it, and what its flows add up to,
 * for roles that may see flows. By network nothing is added up beforehand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/archive/archive.h"
#include "analyzer/catalogue/catalogue.h"
#include "dashboards/web/api.h"

enum { FLOWS_MOST = 200000, FILTER_BYTES = 400 };

struct network {
	const struct geo *geo;
	uint32_t asn;
	char name[128]; /* "" until a flow says it */
	const char *group, *parent_country;
	struct view_figures seen;
	uint64_t told;
	bool is_cut;
};

/* "AS32934" or "32934"; 0: neither. */
static uint32_t read_asn(const char *text)
{
	char *end;
	unsigned long number;

	text += strncasecmp(text, "AS", 2) == 0 ? 2 : 0;
	number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && number <= UINT32_MAX
		       ? (uint32_t)number
		       : 0;
}

/* Whose it is, as the address of one of its flows says; an archive keeps the number alone. */
static void name_owner(struct network *network, const struct archived *flow)
{
	const struct flow_record *ends = &flow->record.flow;
	bool is_ours_first = flow->record.own_side == RECORD_SOURCE;
	struct geo_place place;

	snprintf(network->name, sizeof(network->name), "%s", flow->labels.organization);
	if (!network->geo) {
		return;
	}
	geo_tag(network->geo, is_ours_first ? &ends->destination : &ends->source, &place);
	const struct geo_owner *owner = geo_owner(network->geo, place.owner);
	if (owner && place.asn == network->asn) {
		network->group = owner->group;
		network->parent_country = owner->parent_country;
	}
}

static bool add_flow(void *context, const struct archived *flow)
{
	struct network *network = context;

	if (network->told == 0) {
		name_owner(network, flow);
	}
	figures_add(&network->seen, &flow->record);
	network->is_cut = ++network->told == FLOWS_MOST;
	return !network->is_cut;
}

static int make_filter(const struct call *call, uint32_t asn, char filter[FILTER_BYTES])
{
	const char *unit = call->who.unit;
	int length =
		unit[0] ? snprintf(filter, FILTER_BYTES, "asn == %u and unit == \"%s\"", asn, unit)
			: snprintf(filter, FILTER_BYTES, "asn == %u", asn);

	return strpbrk(unit, "\"\\") || length >= FILTER_BYTES ? -EINVAL : 0;
}

/* -ENOTSUP where the role or the source has no flows. */
static int ask_seen(struct call *call, struct network *network, struct view_flows *question,
	struct view_notes *notes, struct err *err)
{
	char filter[FILTER_BYTES];
	bool may = who_may(&call->who, WEB_MAY_DEVICES) &&
		   make_filter(call, network->asn, filter) == 0;
	struct view *view = may ? views_take_flows(call->web->views, err) : NULL;
	int status = may ? -EIO : -ENOTSUP;

	question->filter = filter;
	if (view) {
		status = call_source_status(view_ask_flows(
			view, &call->access, question, add_flow, network, notes, err));
	}
	views_give(call->web->views, view);
	return status;
}

static void put_apps(struct call *call, const char *number)
{
	const struct catalogue *catalogue = call->web->options.reference->catalogue;

	json_array_begin(&call->json, "apps");
	for (unsigned i = 0; i < catalogue_rule_count(catalogue); i++) {
		const struct catalogue_rule *rule = catalogue_rule(catalogue, i);
		const struct app *app = catalogue_app(catalogue, rule->app);
		if (app && !rule->overridden && strcasecmp(rule->value, number) == 0) {
			put_app(call, app);
		}
	}
	json_array_end(&call->json);
}

void answer_network(struct call *call)
{
	struct network network = { .geo = call->web->options.reference->geo,
		.asn = read_asn(http_parameter(call->request, "asn")) };
	struct view_flows question = { .from_ns = 0 };
	struct view_notes notes = { .from_ns = 0 };
	struct json *json = &call->json;
	char number[16];
	struct err err;

	if (!network.asn) {
		call_refuse(call, 400, "expected the number of a network, such as AS32934");
		return;
	}
	int status =
		ask_period(&question.from_ns, &question.to_ns, call->request, &call->clock, &err);
	if (status == 0) {
		status = ask_seen(call, &network, &question, &notes, &err);
	}
	if (status < 0 && status != -ENOTSUP) {
		call_fail(call, status, &err);
		return;
	}
	snprintf(number, sizeof(number), "AS%u", network.asn);
	json_object_begin(json, NULL);
	json_u64(json, "asn", network.asn);
	if (status == 0) {
		put_figures(json, "seen", &network.seen);
		json_bool(json, "has_more", network.is_cut);
		put_notes(json, &notes);
	} else {
		json_null(json, "seen");
	}
	json_string(json, "name", network.name[0] ? network.name : number);
	if (network.group) {
		json_string(json, "owner", network.group);
		put_named_country(call, "owner_country", network.parent_country);
	} else {
		json_null(json, "owner");
		json_null(json, "owner_country");
	}
	put_apps(call, number);
	json_object_end(json);
}

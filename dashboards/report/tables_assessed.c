/* Approved services, as assessed and as observed: what their contracts name, against where they
 * were seen. Each place that a contract does not name is a deviation, in a row of its own. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_register.h"
#include "dashboards/report/report_observed.h"
#include "dashboards/report/report_tables.h"

/* Countries by cells, which are kept longer than records. */
static void observe_countries(const struct report_model *model,
	const struct policy_service *service, struct report_value *seen,
	struct report_value *deviating)
{
	size_t count;
	const struct cell *cells = overview_cells(model->overview, &count);

	for (size_t i = 0; i < count; i++) {
		uint16_t country = cells[i].key.server_country;
		if (cell_named_app(&cells[i].key) != service->app || country == 0 ||
			country == CELL_COUNTRY_INTERNAL) {
			continue;
		}
		report_value_add_item(seen, country);
		if (!report_names_country(service, country)) {
			report_value_add_item(deviating, country);
		}
	}
}

static void add_network(struct text *list, uint32_t asn)
{
	char network[16];
	const char *at = list->at ? list->at : "";
	size_t length = (size_t)snprintf(network, sizeof(network), "AS%" PRIu32, asn);

	for (; (at = strstr(at, network)); at++) {
		if (at[length] == '\0' || at[length] == ',') {
			return;
		}
	}
	text_put(list, list->length > 0 ? ", " : "");
	text_put(list, network);
}

static void put_networks(struct report_table *table, struct text *list)
{
	report_put_copy(table, list->at ? list->at : "");
	text_deinit(list);
}

static void put_contracted_networks(
	struct report_table *table, const struct policy_service *service)
{
	struct text list;

	text_init_heap(&list);
	for (unsigned i = 0; i < service->network_count; i++) {
		add_network(&list, service->networks[i]);
	}
	put_networks(table, &list);
}

/* Those that were seen, or of them those that the contract does not name. */
static bool put_seen_networks(struct report_table *table, const struct report_model *model,
	const struct policy_service *service, bool deviating_only)
{
	const struct report_observed *observed = model->observed;
	struct text list;

	text_init_heap(&list);
	for (uint32_t i = 0; observed && i < observed->places.count && !report_model_hides(model);
		i++) {
		const struct report_place *place = report_observed_at(observed, i);
		bool is_wanted = place->app == service->app && place->asn != 0;
		if (is_wanted && !(deviating_only && report_names_network(service, place->asn))) {
			add_network(&list, place->asn);
		}
	}
	bool has_any = list.length > 0;
	put_networks(table, &list);
	return has_any;
}

static void fill_services(struct report_table *table, const struct report_model *model)
{
	const struct policy *policy = model->reference->policy;

	for (unsigned i = 0; i < policy_service_count(policy); i++) {
		const struct policy_service *service = policy_service(policy, i);
		struct report_value contracted = { .kind = VALUE_COUNTRIES }, seen = contracted,
				    deviating = contracted;
		for (unsigned j = 0; j < service->country_count; j++) {
			report_value_add_item(&contracted, cell_country(service->countries[j]));
		}
		observe_countries(model, service, &seen, &deviating);
		report_row(table, ROW_PLAIN);
		report_put_app(table, service->app);
		report_put_since(table, service->dpia_ns);
		report_put_since(table, service->audit_ns);
		report_put_until(table, service->next_review_ns);
		report_put_text(table, service->transfer_tool);
		report_put(table, contracted);
		report_put_figure(table, model, seen);
		report_put_figure(table, model, deviating);
		put_contracted_networks(table, service);
		put_seen_networks(table, model, service, false);
		bool deviates = put_seen_networks(table, model, service, true);
		if (deviates || deviating.item_count > 0) {
			table->rows[table->count - 1].kind = ROW_MARKED;
		}
	}
}

const struct report_table_type table_services = {
	.id = "services_assessed",
	.columns = { "service", "dpia", "~audit", "review", "tool", "contracted", "~observed",
		"deviating", "contracted_networks", "~observed_networks", "~deviating_networks" },
	.key_columns = 1,
	.fill = fill_services,
	.command = "borderflow flows {archives} {period} -g app,country{ways} --top 0",
};

/* named, country, network, both: what of the place the contract does not name; silent: it names
 * none. */
static const char *contract_says(
	const struct policy_service *service, const struct report_place *place)
{
	bool names_country = place->country == 0 || report_names_country(service, place->country);
	bool names_network = place->asn == 0 || report_names_network(service, place->asn);

	if (service->country_count == 0 && service->network_count == 0) {
		return "silent";
	}
	if (names_country) {
		return names_network ? "named" : "network";
	}
	return names_network ? "country" : "both";
}

static void put_place(struct report_table *table, const struct report_model *model,
	const struct policy_service *service, const struct report_place *place)
{
	const char *says = contract_says(service, place);
	bool is_deviation = strcmp(says, "named") != 0 && strcmp(says, "silent") != 0;
	char code[3];
	struct text network;

	cell_country_name(place->country, code);
	text_init_heap(&network);
	if (place->asn) {
		text_printf(&network, "AS%" PRIu32 " %s", place->asn, place->organization);
	}
	report_row(table, is_deviation ? ROW_MARKED : ROW_PLAIN);
	report_put_app(table, place->app);
	report_put_country(table, code);
	report_put_copy(table, network.at ? network.at : "");
	report_put_word(table, "contract", says);
	report_put_figure(table, model, report_sent(model, place->bytes_up));
	report_put_figure(table, model, report_count(place->flows));
	report_put_figure(table, model, report_share(place->flows_both, place->flows));
	report_put_date(table, place->first_ns);
	text_deinit(&network);
}

static void fill_observed(struct report_table *table, const struct report_model *model)
{
	const struct report_observed *observed = model->observed;

	for (uint32_t i = 0; observed && i < observed->places.count && !report_model_hides(model);
		i++) {
		const struct report_place *place = report_observed_at(observed, i);
		const struct policy_service *service =
			policy_find_service(model->reference->policy, place->app);
		put_place(table, model, service, place);
	}
}

const struct report_table_type table_observed = {
	.id = "services_observed",
	.columns = { "service", "server", "network", "contract", ">sent", ">flows", ">both_ways",
		"~first" },
	.key_columns = 3,
	.fill = fill_observed,
	.command = "borderflow flows {archives} {period} -g app,country,asn,seen{sums} --top 0 "
		   "--key KEYFILE",
};

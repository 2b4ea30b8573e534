/* Internal access: which services are internal, which of them do not count, and what that says of a
 * device. Where a flow is of both, the more exact wins: a name before an app before a network. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/block.h"
#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"
#include "base/clock.h"

static void read_networks(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_prefixes(reader, value, &((struct service_set *)target)->networks);
}

static void read_apps(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct service_set *set = target;
	const struct yaml_node *item = NULL;

	policy_new_set(reader, value, symbol_highest(SYMBOL_APP) + 1, &set->apps);
	while ((item = policy_next_text(reader, value, item))) {
		uint16_t app = catalogue_find(reader->catalogue, item->text);
		if (app) {
			number_set_add(&set->apps, app);
		} else {
			policy_error(
				reader, item, "the catalogue has no app \"%.60s\"", item->text);
		}
	}
}

static void read_names(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct service_set *set = target;
	const struct yaml_node *item = NULL;

	set->names = policy_new_rows(reader, value, policy_count_texts(value), sizeof(*set->names));
	while (set->names && (item = policy_next_text(reader, value, item))) {
		const char *name = policy_host_name(reader, item);
		if (name) {
			set->names[set->name_count++] = name;
		}
	}
}

/* "30 d", "12 h". */
static void read_remember(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	const char *text = policy_read_text(reader, value);
	char *end = NULL;
	unsigned long number = text ? strtoul(text, &end, 10) : 0;

	(void)target;
	if (!text) {
		return;
	}
	while (*end == ' ') {
		end++;
	}
	uint64_t unit = strcmp(end, "d") == 0 ? 86400 : strcmp(end, "h") == 0 ? 3600 : 0;
	if (text[0] < '1' || text[0] > '9' || unit == 0 || number > 10000) {
		policy_error(reader, value,
			"expected a time such as \"30 d\" or \"12 h\", found \"%.60s\"", text);
		return;
	}
	reader->policy->remember_ns = number * unit * NS_PER_S;
}

static const struct policy_word service_words[] = {
	{ "networks", read_networks },
	{ "apps", read_apps },
	{ "names", read_names },
	{ "remember", read_remember },
	{ NULL, NULL },
};

void policy_read_internal_services(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_words(reader, value, "internal_services", service_words,
		&((struct policy *)target)->internal_services);
}

void policy_read_exempt_services(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_words(reader, value, "exempt_services", service_words,
		&((struct policy *)target)->exempt_services);
}

void policy_free_services(struct service_set *set)
{
	number_set_deinit(&set->apps);
	prefix_index_destroy(set->networks);
	free(set->names);
}

/* How exactly a set speaks of the flow: 0 not at all, the length of a name above all others. Where
 * a proxy stands says nothing of what was asked for. */
static unsigned exactness(
	const struct policy *policy, const struct service_set *set, const struct record *record)
{
	const struct addr *remote = record_remote_addr(record);
	unsigned best = 0;

	for (uint32_t i = 0; i < set->name_count; i++) {
		for (unsigned j = 0; j < record->l7.name_count; j++) {
			unsigned length = (unsigned)strlen(set->names[i]);
			if (record->l7.names[j].source <= NAME_DNS_CNAME && 2 + length > best &&
				clause_name_is_below(l7_info_name(&record->l7, j),
					record->l7.names[j].length, set->names[i])) {
				best = 2 + length;
			}
		}
	}
	if (best == 0 && set->apps.words && record->verdict.app != 0 &&
		number_set_has(&set->apps, record->verdict.app)) {
		best = 2;
	}
	bool is_place = !policy_is_end_a_proxy(policy, record);
	if (best == 0 && is_place && set->networks &&
		prefix_index_find(set->networks, remote) != PREFIX_NONE) {
		best = 1;
	}
	return best;
}

/* Did the service answer the device? What a firewall stopped is no contact, nor what it may have
 * answered itself; inside our networks an answer is the service's. */
static bool is_answered(const struct policy *policy, const struct record *record)
{
	enum block_outcome outcome = block_outcome_of(record, &policy->blocking);

	return outcome == BLOCK_PASSED ||
	       (outcome == BLOCK_UNSURE && record->l7.exchange == L7_EXCHANGE_ONE &&
		       record->direction == RECORD_DIRECTION_INTERNAL);
}

bool policy_is_contact(
	const struct policy *policy, const struct catalogue *catalogue, const struct record *record)
{
	unsigned internal;

	if (record->verdict.inferred || verdict_is_hearsay(&record->verdict)) {
		return false;
	}
	internal = exactness(policy, &policy->internal_services, record);
	return internal > 0 && internal > exactness(policy, &policy->exempt_services, record) &&
	       !policy_is_housekeeping(catalogue, record) && is_answered(policy, record);
}

bool policy_asks_contacts(const struct policy *policy)
{
	return policy->asks_access || policy->asks_contacts;
}

bool policy_asks_use(const struct policy *policy)
{
	return policy->asks_use;
}

bool policy_has_deadlines(const struct policy *policy)
{
	return policy->has_deadlines;
}

bool policy_has_access(const struct policy *policy, const struct policy_context *context,
	const struct record *record)
{
	uint16_t row = symbol_rows_find(&policy->class_rows, record->decision.class_);
	uint64_t now_ns = record->flow.start_ns;
	bool is_remembered = context->contact_ns != 0 &&
			     (context->contact_ns >= now_ns ||
				     now_ns - context->contact_ns <= policy->remember_ns);

	return (row && policy->classes[row].has_access) || context->contact_today || is_remembered;
}

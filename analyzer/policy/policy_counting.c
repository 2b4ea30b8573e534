/* The word "counting": which sensor counts each network, where two see the same traffic.
 *
 *     counting: {town-hall: [10.20.0.0/16], school: [10.30.0.0/16, "2001:db8:30::/48"]} */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"

static bool is_sensor_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t length = strlen(name);

	return length > 0 && length <= 64 && strspn(name, letters) == length;
}

static void read_network(struct policy_reader *reader, const char *sensor,
	const struct yaml_node *item, struct counting_rules *counting, struct prefix *prefixes)
{
	struct prefix *prefix = &prefixes[counting->count];

	if (!prefix_parse(item->text, prefix)) {
		policy_error(reader, item,
			"expected a network such as 10.20.0.0/16 or 2001:db8:20::/48, found "
			"\"%.60s\"",
			item->text);
		return;
	}
	for (uint32_t i = 0; i < counting->count; i++) {
		if (prefixes[i].bits == prefix->bits &&
			addr_equal(&prefixes[i].addr, &prefix->addr)) {
			policy_error(reader, item,
				"%s is counted by %s already: one sensor counts a network",
				item->text, counting->sensors[i]);
			return;
		}
	}
	counting->sensors[counting->count++] = sensor;
}

static uint32_t count_networks(const struct yaml_node *value)
{
	uint32_t count = 0;

	for (const struct yaml_node *row = value->child; row; row = row->next) {
		count += policy_count_texts(row);
	}
	return count;
}

void policy_read_counting(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct counting_rules *counting = &((struct policy *)target)->counting;

	if (value->kind != YAML_MAP) {
		policy_error(reader, value,
			"expected sensors with their networks, as in {town-hall: [10.20.0.0/16]}");
		return;
	}
	uint32_t most = count_networks(value);
	struct prefix *prefixes = policy_new_rows(reader, value, most, sizeof(*prefixes));
	counting->sensors = policy_new_rows(reader, value, most, sizeof(*counting->sensors));
	for (const struct yaml_node *row = value->child; prefixes && counting->sensors && row;
		row = row->next) {
		const struct yaml_node *item = NULL;
		if (!is_sensor_name(row->key->text)) {
			policy_error(reader, row,
				"a sensor's name has letters, digits, dots, dashes and "
				"underscores, as capture --sensor takes it; found \"%.60s\"",
				row->key->text);
		}
		while ((item = policy_next_text(reader, row, item))) {
			read_network(reader, row->key->text, item, counting, prefixes);
		}
	}
	if (prefixes && counting->count > 0) {
		counting->networks = prefix_index_create(prefixes, counting->count);
	}
	free(prefixes);
}

void policy_free_counting(struct counting_rules *counting)
{
	prefix_index_destroy(counting->networks);
	free(counting->sensors);
}

bool policy_counts_elsewhere(
	const struct policy *policy, const char *sensor, const struct addr *own)
{
	const struct counting_rules *counting = &policy->counting;
	int32_t place =
		counting->networks ? prefix_index_find(counting->networks, own) : PREFIX_NONE;

	return place != PREFIX_NONE && strcmp(counting->sensors[place], sensor) != 0;
}

bool policy_counting_names(const struct policy *policy, const char *sensor)
{
	const struct counting_rules *counting = &policy->counting;
	bool is_named = counting->count == 0;

	for (uint32_t i = 0; i < counting->count && !is_named; i++) {
		is_named = strcmp(counting->sensors[i], sensor) == 0;
	}
	return is_named;
}

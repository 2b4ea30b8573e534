/* The word "counting": which sensor counts each network, where two see the same traffic.
 *
 *     counting: {town-hall: [10.20.0.0/16], school: [10.30.0.0/16, "2001:db8:30::/48"]}
 *
 * and where each sees one way of it:
 *
 *     counting: {north: [10.20.0.0/16 out], south: [10.20.0.0/16 in]} */
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

/* "10.20.0.0/16", or with "out" or "in" behind it. */
static bool read_item(const char *text, struct prefix *prefix, unsigned *ways)
{
	const char *space = strchr(text, ' ');
	size_t length = space ? (size_t)(space - text) : strlen(text);
	char network[64];

	if (length >= sizeof(network)) {
		return false;
	}
	memcpy(network, text, length);
	network[length] = '\0';
	*ways = !space                          ? POLICY_BOTH_WAYS
		: strcmp(space + 1, "out") == 0 ? POLICY_WAY_OUT
		: strcmp(space + 1, "in") == 0  ? POLICY_WAY_IN
						: 0;
	return *ways != 0 && prefix_parse(network, prefix);
}

/* The place of a network among those before, or the next one. */
static uint32_t place_of(const struct counting_rules *counting, const struct prefix *prefixes)
{
	const struct prefix *prefix = &prefixes[counting->count];
	uint32_t place = 0;

	while (place < counting->count &&
		(prefixes[place].bits != prefix->bits ||
			!addr_equal(&prefixes[place].addr, &prefix->addr))) {
		place++;
	}
	return place;
}

static void read_network(struct policy_reader *reader, const char *sensor,
	const struct yaml_node *item, struct counting_rules *counting, struct prefix *prefixes)
{
	unsigned ways;

	if (!read_item(item->text, &prefixes[counting->count], &ways)) {
		policy_error(reader, item,
			"expected a network such as 10.20.0.0/16 or 2001:db8:20::/48, or one way "
			"of it such as \"10.20.0.0/16 out\", found \"%.60s\"",
			item->text);
		return;
	}
	uint32_t place = place_of(counting, prefixes);
	struct counting_sensors *of = &counting->sensors[place];
	const char *before = ways & POLICY_WAY_OUT && of->out ? of->out
			     : ways & POLICY_WAY_IN           ? of->in
							      : NULL;
	if (before) {
		policy_error(reader, item,
			"%s is counted by %s already: one sensor counts a network, or a way of it",
			item->text, before);
		return;
	}
	of->out = ways & POLICY_WAY_OUT ? sensor : of->out;
	of->in = ways & POLICY_WAY_IN ? sensor : of->in;
	counting->count += place == counting->count;
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

static bool is_another(const char *named, const char *sensor)
{
	return named && strcmp(named, sensor) != 0;
}

unsigned policy_counts_elsewhere(
	const struct policy *policy, const char *sensor, const struct addr *own)
{
	const struct counting_rules *counting = &policy->counting;
	int32_t place =
		counting->networks ? prefix_index_find(counting->networks, own) : PREFIX_NONE;

	if (place == PREFIX_NONE) {
		return 0;
	}
	const struct counting_sensors *of = &counting->sensors[place];
	return is_another(of->out, sensor) * POLICY_WAY_OUT +
	       is_another(of->in, sensor) * POLICY_WAY_IN;
}

static bool is_named(const char *named, const char *sensor)
{
	return named && strcmp(named, sensor) == 0;
}

bool policy_counting_names(const struct policy *policy, const char *sensor)
{
	const struct counting_rules *counting = &policy->counting;
	bool is = counting->count == 0;

	for (uint32_t i = 0; i < counting->count && !is; i++) {
		is = is_named(counting->sensors[i].out, sensor) ||
		     is_named(counting->sensors[i].in, sensor);
	}
	return is;
}

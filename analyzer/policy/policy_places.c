#include "analyzer/policy/policy_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_words.h"
#include "base/tsv.h"

enum { NAME_LENGTH_MAX = 64 };

static int add_network(struct policy *policy, const struct network *network)
{
	struct network *grown;
	uint32_t count = policy->network_count;

	if (count == POLICY_NETWORKS_MAX) {
		return -ENOSPC;
	}
	if ((count & (count - 1)) == 0) {
		grown = realloc(policy->networks, (count ? 2 * count : 1) * sizeof(*grown));
		if (!grown) {
			return -ENOMEM;
		}
		policy->networks = grown;
	}
	policy->networks[policy->network_count++] = *network;
	return 0;
}

/* Adds a comma-separated list as own networks. */
int policy_add_own_list(struct policy *policy, const char *list, struct err *err)
{
	const char *item;
	size_t length;

	while ((length = tsv_list_next(&list, &item)) > 0) {
		struct network network = { .location.is_own = true };
		char text[ADDR_TEXT_MAX + 5] = "";
		if (length < sizeof(text)) {
			memcpy(text, item, length);
		}
		if (!prefix_parse(text, &network.prefix)) {
			return err_set(err, EINVAL,
				"own networks: expected networks such as "
				"10.20.0.0/16,2001:db8::/32, "
				"found \"%.*s\"",
				length < 60 ? (int)length : 60, item);
		}
		int status = add_network(policy, &network);
		if (status < 0) {
			return err_set(err, -status,
				"own networks: more than %d networks, or no memory",
				POLICY_NETWORKS_MAX);
		}
	}
	return 0;
}

/* "10.20.3.5/24": which of both is meant nobody can know. */
static bool has_host_bits(const char *text, const struct prefix *prefix)
{
	char alone[ADDR_TEXT_MAX] = "";
	size_t length = strcspn(text, "/");
	struct addr addr;

	if (text[length] == '\0' || length >= sizeof(alone)) {
		return false;
	}
	memcpy(alone, text, length);
	return addr_parse(alone, &addr) && !addr_equal(&addr, &prefix->addr);
}

/* Adds each network of a value in the file; says where a text is none. */
static void read_networks(
	struct policy_reader *reader, const struct yaml_node *value, struct location location)
{
	const struct yaml_node *item = NULL;

	while ((item = policy_next_text(reader, value, item))) {
		struct network network = {
			.location = location, .line = item->line, .column = item->column
		};
		if (!prefix_parse(item->text, &network.prefix)) {
			policy_error(reader, item,
				"expected a network such as 10.20.3.0/24 or 2001:db8::/48, found "
				"\"%.60s\"",
				item->text);
		} else if (has_host_bits(item->text, &network.prefix)) {
			char text[ADDR_TEXT_MAX + 4];
			prefix_format(&network.prefix, text);
			policy_error(reader, item,
				"\"%.60s\" is an address in a network: the network is %s",
				item->text, text);
		} else if (add_network(reader->policy, &network) < 0) {
			policy_error(reader, item, "more than %d networks, or no memory",
				POLICY_NETWORKS_MAX);
		}
	}
}

/* Sets the unit or class of each VLAN of a value; says where a VLAN has another one already. */
static void read_vlans(
	struct policy_reader *reader, const struct yaml_node *value, struct location location)
{
	const struct yaml_node *item = NULL;

	while ((item = policy_next_text(reader, value, item))) {
		struct location *vlan;
		uint32_t number;
		if (!policy_read_number(reader, item, 1, VLAN_COUNT - 2, &number)) {
			continue;
		}
		vlan = &reader->policy->vlans[number];
		if ((location.unit && vlan->unit) || (location.class_ && vlan->class_)) {
			policy_error(reader, item, "VLAN %u is given to \"%s\" already", number,
				location.unit ? symbol_name(SYMBOL_UNIT, vlan->unit)
					      : symbol_name(SYMBOL_CLASS, vlan->class_));
		} else if (location.unit) {
			vlan->unit = location.unit;
		} else {
			vlan->class_ = location.class_;
		}
	}
}

static bool is_name_good(
	struct policy_reader *reader, const struct yaml_node *key, const char *what)
{
	size_t length = strlen(key->text);
	bool is_good = length > 0 && length <= NAME_LENGTH_MAX;

	for (const char *at = key->text; *at; at++) {
		is_good = is_good && (unsigned char)*at >= ' ' && *at != 0x7f;
	}
	if (!is_good) {
		policy_error(reader, key,
			"the name of %s has 1 to %d bytes and no control characters", what,
			NAME_LENGTH_MAX);
	}
	return is_good;
}

/* A unit or class under way: its row, and what the file has said. */
struct place_draft {
	struct location location;
	struct unit *unit;
	struct device_class *class_;
};

static void read_place_networks(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	read_networks(reader, value, ((struct place_draft *)target)->location);
}

static void read_place_vlans(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	read_vlans(reader, value, ((struct place_draft *)target)->location);
}

static void read_unit_group(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	const char *text = policy_read_text(reader, value);

	if (text) {
		((struct place_draft *)target)->unit->group = text;
	}
}

static void read_unit_protection(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = {
#define X(id, name) name,
		PROTECTION_VALUES(X)
#undef X
	};
	int choice = policy_read_choice(
		reader, value, "a protection value", names, PROTECTION_VALUE_COUNT);

	if (choice >= 0) {
		((struct place_draft *)target)->unit->protection = (uint8_t)choice;
	}
}

static void read_class_type(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = {
#define X(id, name) name,
		CLASS_TYPES(X)
#undef X
	};
	int choice = policy_read_choice(reader, value, "a type of device", names, CLASS_TYPE_COUNT);

	if (choice >= 0) {
		((struct place_draft *)target)->class_->type = (uint8_t)choice;
		((struct place_draft *)target)->class_->has_type = true;
	}
}

static void read_class_scope(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_bool(reader, value, &((struct place_draft *)target)->class_->is_in_scope);
}

static void read_class_access(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_bool(reader, value, &((struct place_draft *)target)->class_->has_access);
}

static void read_class_detail(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = { "aggregate", "pseudonym" };
	int choice = policy_read_choice(reader, value, "a detail", names, 2);

	if (choice >= 0) {
		((struct place_draft *)target)->class_->detail = (uint8_t)(choice + 1);
	}
}

static const struct policy_word unit_words[] = {
	{ "networks", read_place_networks },
	{ "vlans", read_place_vlans },
	{ "group", read_unit_group },
	{ "protection", read_unit_protection },
	{ "manager", NULL },
	{ NULL, NULL },
};

static const struct policy_word class_words[] = {
	{ "networks", read_place_networks },
	{ "vlans", read_place_vlans },
	{ "type", read_class_type },
	{ "in_scope", read_class_scope },
	{ "internal_access", read_class_access },
	{ "detail", read_class_detail },
	{ "macs", NULL },
	{ NULL, NULL },
};

static uint32_t count_children(const struct yaml_node *node)
{
	uint32_t count = 0;

	for (const struct yaml_node *child = node->child; child; child = child->next) {
		count++;
	}
	return count;
}

/* The rows of a "name: {…}" mapping, or 0 with the reason said. */
static uint32_t count_rows(struct policy_reader *reader, const struct yaml_node *value,
	const char *what, uint32_t most)
{
	uint32_t count = count_children(value);

	if (value->kind != YAML_MAP) {
		policy_error(reader, value, "expected %s as \"name: {networks: [...]}\", found %s",
			what, yaml_kind_name(value->kind));
		return 0;
	}
	if (count > most) {
		policy_error(reader, value, "%u %s; at most %u are possible", count, what, most);
		return 0;
	}
	return count;
}

void policy_read_units(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;
	uint32_t count = count_rows(reader, value, "units", POLICY_UNITS_MAX - 1);

	policy->units = policy_new_rows(reader, value, count, sizeof(*policy->units));
	if (!policy->units || count == 0) {
		return;
	}
	for (const struct yaml_node *row = value->child; row; row = row->next) {
		struct unit *unit = &policy->units[++policy->unit_count];
		uint16_t symbol = policy_symbol(reader, row->key, SYMBOL_UNIT, row->key->text);
		struct place_draft draft = { .location = { .unit = symbol, .is_own = true },
			.unit = unit };
		*unit = (struct unit){ .name = row->key->text, .group = "", .symbol = symbol };
		if (is_name_good(reader, row->key, "a unit")) {
			policy_read_words(reader, row, "a unit", unit_words, &draft);
		}
	}
}

void policy_read_classes(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct policy *policy = target;
	uint32_t count = count_rows(reader, value, "classes", POLICY_CLASSES_MAX - 1);

	policy->classes = policy_new_rows(reader, value, count, sizeof(*policy->classes));
	if (!policy->classes || count == 0) {
		return;
	}
	for (const struct yaml_node *row = value->child; row; row = row->next) {
		struct device_class *class_ = &policy->classes[++policy->class_count];
		uint16_t symbol = policy_symbol(reader, row->key, SYMBOL_CLASS, row->key->text);
		struct place_draft draft = { .location = { .class_ = symbol, .is_own = true },
			.class_ = class_ };
		*class_ = (struct device_class){
			.name = row->key->text, .is_in_scope = true, .symbol = symbol
		};
		if (is_name_good(reader, row->key, "a class")) {
			policy_read_words(reader, row, "a class", class_words, &draft);
		}
	}
}

void policy_read_own_networks(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	(void)target;
	read_networks(reader, value, (struct location){ .is_own = true });
}

/* Two units, or two classes, with the same network: nobody could say which one a device is in. */
static void check_networks(struct policy_reader *reader)
{
	const struct policy *policy = reader->policy;

	for (uint32_t i = 0; i < policy->network_count; i++) {
		const struct network *network = &policy->networks[i];
		int32_t around = prefix_index_parent(policy->index, (int32_t)i);
		for (; around >= 0; around = prefix_index_parent(policy->index, around)) {
			const struct network *other = &policy->networks[around];
			if (other->prefix.bits != network->prefix.bits) {
				break;
			}
			const struct yaml_node at = { .line = network->line,
				.column = network->column };
			if (network->location.unit && other->location.unit) {
				policy_error(reader, &at,
					"this network is given to unit \"%s\" already",
					symbol_name(SYMBOL_UNIT, other->location.unit));
			} else if (network->location.class_ && other->location.class_) {
				policy_error(reader, &at,
					"this network is given to class \"%s\" already",
					symbol_name(SYMBOL_CLASS, other->location.class_));
			}
		}
	}
}

/* Each network learns from those around it what its own line does not say. */
static void settle_locations(struct policy *policy)
{
	for (uint32_t i = 0; i < policy->network_count; i++) {
		struct location *location = &policy->locations[i];
		*location = policy->networks[i].location;
		int32_t around = prefix_index_parent(policy->index, (int32_t)i);
		for (; around >= 0; around = prefix_index_parent(policy->index, around)) {
			const struct location *outer = &policy->networks[around].location;
			location->unit = location->unit ? location->unit : outer->unit;
			location->class_ = location->class_ ? location->class_ : outer->class_;
			location->is_own = location->is_own || outer->is_own;
		}
	}
}

int policy_index_networks(struct policy_reader *reader)
{
	struct policy *policy = reader->policy;
	struct prefix *prefixes = calloc(policy->network_count + 1, sizeof(*prefixes));

	policy->locations = calloc(policy->network_count + 1, sizeof(*policy->locations));
	if (prefixes) {
		for (uint32_t i = 0; i < policy->network_count; i++) {
			prefixes[i] = policy->networks[i].prefix;
		}
		policy->index = prefix_index_create(prefixes, policy->network_count);
	}
	free(prefixes);
	if (!policy->locations || !policy->index) {
		return -ENOMEM;
	}
	settle_locations(policy);
	check_networks(reader);
	return 0;
}

size_t policy_own_networks(const struct policy *policy, struct prefix *networks, size_t most)
{
	size_t found = 0;

	for (size_t i = 0; i < policy->network_count && found < most; i++) {
		if (policy->networks[i].location.is_own) {
			networks[found++] = policy->networks[i].prefix;
		}
	}
	return found;
}

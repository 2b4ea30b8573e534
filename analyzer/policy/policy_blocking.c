/* The word "blocking": what a body declares of its firewall (block.h). */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"

static uint32_t count_texts(const struct yaml_node *value)
{
	uint32_t count = 0;

	if (value->kind != YAML_LIST) {
		return 1;
	}
	for (const struct yaml_node *item = value->child; item; item = item->next) {
		count++;
	}
	return count;
}

static void read_page_issuers(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct blocking *blocking = target;
	const struct yaml_node *item = NULL;

	blocking->page_issuers = calloc(count_texts(value) + 1, sizeof(uint64_t));
	while (blocking->page_issuers && (item = policy_next_text(reader, value, item))) {
		blocking->page_issuers[blocking->page_issuer_count++] =
			l7_issuer_hash(item->text, strlen(item->text));
	}
}

static void read_index(
	struct policy_reader *reader, const struct yaml_node *value, struct prefix_index **index)
{
	struct prefix *prefixes = calloc(count_texts(value) + 1, sizeof(*prefixes));
	const struct yaml_node *item = NULL;
	size_t count = 0;

	while (prefixes && (item = policy_next_text(reader, value, item))) {
		if (prefix_parse(item->text, &prefixes[count])) {
			count++;
		} else {
			policy_error(reader, item,
				"expected an address or a network such as 10.0.0.53 or "
				"2001:db8:53::/64, found \"%.60s\"",
				item->text);
		}
	}
	*index = prefixes && count > 0 ? prefix_index_create(prefixes, count) : NULL;
	free(prefixes);
}

static void read_page_networks(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	read_index(reader, value, &((struct blocking *)target)->page_networks);
}

static void read_sinkholes(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	read_index(reader, value, &((struct blocking *)target)->sinkholes);
}

static void read_resolvers(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	read_index(reader, value, &((struct blocking *)target)->resolvers);
}

static const struct policy_word blocking_words[] = {
	{ "page_issuers", read_page_issuers },
	{ "page_networks", read_page_networks },
	{ "sinkholes", read_sinkholes },
	{ "resolvers", read_resolvers },
	{ NULL, NULL },
};

void policy_read_blocking(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_words(
		reader, value, "blocking", blocking_words, &((struct policy *)target)->blocking);
}

void policy_free_blocking(struct blocking *blocking)
{
	free(blocking->page_issuers);
	prefix_index_destroy(blocking->page_networks);
	prefix_index_destroy(blocking->sinkholes);
	prefix_index_destroy(blocking->resolvers);
}

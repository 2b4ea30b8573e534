/* The word "blocking": what a body declares of its firewall (block.h). */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"

static void read_page_issuers(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct blocking *blocking = target;
	const struct yaml_node *item = NULL;

	blocking->page_issuers =
		policy_new_rows(reader, value, policy_count_texts(value), sizeof(uint64_t));
	blocking->page_issuer_names =
		policy_new_rows(reader, value, policy_count_texts(value), sizeof(char *));
	while (blocking->page_issuers && blocking->page_issuer_names &&
		(item = policy_next_text(reader, value, item))) {
		blocking->page_issuer_names[blocking->page_issuer_count] = strdup(item->text);
		blocking->page_issuers[blocking->page_issuer_count++] =
			l7_issuer_hash(item->text, strlen(item->text));
	}
}

static void read_page_networks(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_prefixes(reader, value, &((struct blocking *)target)->page_networks);
}

static void read_sinkholes(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_prefixes(reader, value, &((struct blocking *)target)->sinkholes);
}

static void read_resolvers(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	policy_read_prefixes(reader, value, &((struct blocking *)target)->resolvers);
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
	for (uint32_t i = 0; i < blocking->page_issuer_count; i++) {
		free(blocking->page_issuer_names[i]);
	}
	free(blocking->page_issuer_names);
	free(blocking->page_issuers);
	prefix_index_destroy(blocking->page_networks);
	prefix_index_destroy(blocking->sinkholes);
	prefix_index_destroy(blocking->resolvers);
}

static bool holds(const struct prefix_index *index, const struct addr *addr)
{
	return index && prefix_index_find(index, addr) >= 0;
}

bool policy_blocks_with(const struct policy *policy, const struct addr *addr)
{
	const struct blocking *blocking = &policy->blocking;

	return holds(blocking->page_networks, addr) || holds(blocking->sinkholes, addr);
}

enum block_outcome policy_probe_outcome(const struct policy *policy, const struct record *record)
{
	return block_outcome_of_probe(record, &policy->blocking);
}

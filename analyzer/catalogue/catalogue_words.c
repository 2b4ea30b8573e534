/* Words that are no host names: protocols, certificates' names, products. */
#include <string.h>

#include "analyzer/catalogue/catalogue_parts.h"

/* "AnyDesk/9.0.4 (Windows)" is "AnyDesk". */
static size_t product_length(const char *text, size_t length)
{
	size_t end = 0;

	while (end < length && text[end] != '/' && text[end] != '(' && text[end] != ';') {
		end++;
	}
	while (end > 0 && text[end - 1] == ' ') {
		end--;
	}
	return end;
}

/* The rule of the whole word, or of its longest beginning. */
static uint32_t find_word(const struct word_index *words, const char *word, size_t length)
{
	uint32_t rule = NO_RULE;

	if (words->whole && length <= FACT_WORD_MAX) {
		rule = name_index_find(words->whole, word, length);
	}
	if (length > words->longest) {
		length = words->longest;
	}
	for (; rule == NO_RULE && words->prefixes && length > 0; length--) {
		rule = name_index_find(words->prefixes, word, length);
	}
	return rule;
}

struct match catalogue_match_word(
	const struct catalogue *catalogue, enum rule_kind kind, const char *text, size_t length)
{
	const struct word_index *words = &catalogue->words[kind - RULE_ALPN];
	char word[FACT_WORD_MAX] = "";

	if (kind == RULE_USER_AGENT) {
		length = product_length(text, length);
	}
	size_t known = length < sizeof(word) ? length : sizeof(word);
	for (size_t i = 0; i < known; i++) {
		word[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	}
	uint32_t rule = find_word(words, word, length);
	return rule == NO_RULE ? (struct match){ 0 }
			       : catalogue_match_rule(catalogue, rule, MATCH_WORD);
}

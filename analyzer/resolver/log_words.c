#include "analyzer/resolver/log_words.h"

#include <string.h>

struct log_words log_words_of(const char *text)
{
	struct log_words words = { 0 };

	for (text += strspn(text, " \t\r"); *text; text += strspn(text, " \t\r")) {
		size_t length = strcspn(text, " \t\r");
		if (words.count < LOG_WORDS_MAX) {
			words.items[words.count] = (struct log_word){ text, length };
		}
		words.count += words.count <= LOG_WORDS_MAX;
		text += length;
	}
	return words;
}

bool log_word_is(struct log_word word, const char *text)
{
	return strlen(text) == word.length && memcmp(text, word.at, word.length) == 0;
}

bool log_word_addr(struct log_word word, struct addr *addr)
{
	char copy[ADDR_TEXT_MAX];

	if (word.length >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, word.at, word.length);
	copy[word.length] = '\0';
	return addr_parse(copy, addr);
}

bool log_word_number(struct log_word word, uint32_t *number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < word.length; i++) {
		if (word.at[i] < '0' || word.at[i] > '9' || value > UINT32_MAX) {
			return false;
		}
		value = value * 10 + (uint64_t)(word.at[i] - '0');
	}
	*number = (uint32_t)value;
	return word.length > 0 && value <= UINT32_MAX;
}

bool log_name_copy(char name[FLOW_NAME_BYTES], const char *text, size_t length)
{
	if (length > 0 && text[length - 1] == '.') {
		length--;
	}
	if (length == 0 || length >= FLOW_NAME_BYTES) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if ((unsigned char)c <= ' ') {
			return false;
		}
		name[i] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
	}
	name[length] = '\0';
	return true;
}

struct flow_name *log_add_name(struct flow_source_batch *batch, const struct addr *client,
	uint64_t time_ns, const char *text, size_t length)
{
	struct flow_name *name = &batch->names[batch->name_count];

	if (batch->name_count == FLOW_SOURCE_BATCH_MAX ||
		!log_name_copy(name->name, text, length)) {
		return NULL;
	}
	batch->name_count++;
	name->client = *client;
	name->time_ns = time_ns;
	name->ttl_s = 0;
	name->address_count = name->alias_count = 0;
	return name;
}

void log_add_address(struct flow_name *name, const struct addr *address)
{
	if (name->address_count < FLOW_NAME_ADDRESSES_MAX) {
		name->addresses[name->address_count++] = *address;
	}
}

void log_add_alias(struct flow_name *name, const char *text, size_t length)
{
	if (name->alias_count < FLOW_NAME_ALIASES_MAX &&
		log_name_copy(name->aliases[name->alias_count], text, length)) {
		name->alias_count++;
	}
}

#include "analyzer/catalogue/list_reader.h"

#include <string.h>

#include "analyzer/catalogue/fact_values.h"
#include "base/addr.h"

/* Copies a word in small letters, without the quotes and dots around it. */
static void take_word(struct list_item *item, const char *word, size_t length)
{
	while (length > 0 && strchr("'\".", word[0])) {
		word++;
		length--;
	}
	while (length > 0 && strchr("'\",.", word[length - 1])) {
		length--;
	}
	length = length < sizeof(item->text) ? length : sizeof(item->text) - 1;
	for (size_t i = 0; i < length; i++) {
		item->text[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] | 0x20 : word[i]);
	}
	item->text[length] = '\0';
}

/* "0.0.0.0", "999.1.1.1": no top-level domain is a number (RFC 3696, 2). */
static bool ends_in_number(const char *text)
{
	const char *dot = strrchr(text, '.');
	const char *last = dot ? dot + 1 : text;

	return last[strspn(last, "0123456789")] == '\0';
}

/* A name of the wanted kind, or what it is instead. */
static void judge_name(struct list_item *item, enum list_item_kind wanted)
{
	if (ends_in_number(item->text)) {
		item->kind = LIST_ITEM_UNKNOWN;
	} else if (fact_is_name(item->text, false)) {
		item->kind = wanted;
	} else if (fact_is_name(item->text, true)) {
		item->kind = LIST_ITEM_FIRST_LABEL;
	} else if (wanted == LIST_ITEM_SUFFIX && fact_is_tld(item->text)) {
		item->kind = LIST_ITEM_TLD;
	} else {
		item->kind = LIST_ITEM_UNKNOWN;
	}
}

/* "||name^$options", "|name^", "@@…": what stands between the bars and the end of the name. */
static void read_filter(const char *rule, struct list_item *item)
{
	bool is_exception = strncmp(rule, "@@", 2) == 0;
	rule += is_exception ? 2 : 0;
	size_t bars = strspn(rule, "|");
	size_t length = strcspn(rule + bars, "^$|/ '\"");

	take_word(item, rule + bars, length);
	if (strchr("/:", rule[bars + length]) && rule[bars + length] != '\0') {
		item->kind = LIST_ITEM_UNKNOWN; /* a rule about paths */
		return;
	}
	if (strncmp(item->text, "*.", 2) == 0) {
		memmove(item->text, item->text + 2, strlen(item->text) - 1);
	}
	judge_name(item, bars == 1 ? LIST_ITEM_HOST : LIST_ITEM_SUFFIX);
	if (is_exception && item->kind != LIST_ITEM_UNKNOWN) {
		item->kind = LIST_ITEM_EXCEPTION;
	}
}

/* "domain:name", "full:name", and what has no place here. */
static bool read_typed(const char *word, size_t length, struct list_item *item)
{
	static const struct {
		const char *type;
		enum list_item_kind kind;
	} types[] = { { "domain:", LIST_ITEM_SUFFIX }, { "full:", LIST_ITEM_HOST },
		{ "include:", LIST_ITEM_INCLUDE }, { "keyword:", LIST_ITEM_UNKNOWN },
		{ "regexp:", LIST_ITEM_UNKNOWN } };

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t type = strlen(types[i].type);
		if (length > type && strncmp(word, types[i].type, type) == 0) {
			take_word(item, word + type, length - type);
			item->kind = types[i].kind;
			if (item->kind == LIST_ITEM_SUFFIX || item->kind == LIST_ITEM_HOST) {
				judge_name(item, item->kind);
			}
			return true;
		}
	}
	return false;
}

/* "id: tiktok" and "name: TikTok" of a service; other keys say nothing. */
static bool read_key(const char *line, struct list_item *item)
{
	size_t key = strspn(line, "abcdefghijklmnopqrstuvwxyz_");

	if (key == 0 || line[key] != ':' || line[key + 1] != ' ') {
		return false;
	}
	const char *value = line + key + 1 + strspn(line + key + 1, " ");
	take_word(item, value, strlen(value));
	item->kind = LIST_ITEM_KIND_COUNT;
	if (strncmp(line, "id:", 3) == 0) {
		item->kind = LIST_ITEM_APP_ID;
	} else if (strncmp(line, "name:", 5) == 0) {
		size_t length = strlen(value);
		length = length < sizeof(item->text) ? length : sizeof(item->text) - 1;
		memcpy(item->text, value, length); /* as it is written */
		item->text[length] = '\0';
		item->kind = LIST_ITEM_APP_NAME;
	}
	return true;
}

static bool is_address(const char *word, size_t length)
{
	char text[64];
	struct addr addr;

	if (length == 0 || length >= sizeof(text)) {
		return false;
	}
	memcpy(text, word, length);
	text[length] = '\0';
	return addr_parse(text, &addr);
}

static const char blanks[] = " \t\r";

/* Is there no more behind a name than what lists say of it: "@ads", "# why"? */
static bool is_remark(const char *rest)
{
	rest += strspn(rest, blanks);
	return *rest == '\0' || strchr("@&#'\"", *rest);
}

/* One word of a domain list or a hosts file. */
static void read_word(const char *word, size_t length, bool is_hosts, struct list_item *item)
{
	if (!read_typed(word, length, item)) {
		take_word(item, word, length);
		judge_name(item, is_hosts ? LIST_ITEM_HOST : LIST_ITEM_SUFFIX);
	}
}

void list_reader_line(struct list_reader *reader, const char *line)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, as some editors put it first */

	line += strncmp(line, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
	line += strspn(line, blanks);
	size_t length = strcspn(line, blanks);

	reader->is_hosts = line[length] != '\0' && is_address(line, length);
	reader->at = line + (reader->is_hosts ? length : 0);
}

/* The rest of a line of a hosts file: names until a comment. */
static bool next_host(struct list_reader *reader, struct list_item *item)
{
	const char *word = reader->at + strspn(reader->at, blanks);
	size_t length = strcspn(word, " \t\r#");

	reader->at = word + length;
	if (length > 0) {
		read_word(word, length, true, item);
	}
	return length > 0;
}

bool list_reader_next(struct list_reader *reader, struct list_item *item)
{
	const char *line = reader->at;

	if (reader->is_hosts) {
		return next_host(reader, item);
	}
	reader->at = line + strlen(line);
	if (*line == '\0' || strchr("#!;<[", *line)) {
		return false;
	}
	bool is_rule = strncmp(line, "- ", 2) == 0;
	if (is_rule) {
		line += 2 + strspn(line + 2, " '\"");
	} else if (read_key(line, item)) {
		reader->is_service |= item->kind == LIST_ITEM_APP_ID;
		return item->kind != LIST_ITEM_KIND_COUNT;
	} else if (reader->is_service) {
		return false;
	}
	if (*line == '|' || *line == '@') {
		read_filter(line, item);
	} else if (*line == '/' || strstr(line, "##")) {
		take_word(item, line, strlen(line));
		item->kind = LIST_ITEM_UNKNOWN;
	} else {
		size_t length = strcspn(line, " \t\r#'\"");
		read_word(line, length, false, item);
		item->kind = is_remark(line + length) ? item->kind : LIST_ITEM_UNKNOWN;
	}
	return true;
}

#include "analyzer/policy/policy_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "base/edit_distance.h"
#include "base/local_time.h"
#include "base/text.h"

__attribute__((format(printf, 4, 0))) static void add_problem(struct policy_reader *reader,
	const struct yaml_node *at, bool is_warning, const char *format, va_list arguments)
{
	struct policy_problems *problems = reader->problems;
	struct policy_problem *problem;
	char plain[512];
	struct text text;

	*(is_warning ? &problems->warnings : &problems->errors) += 1;
	if (problems->count == POLICY_PROBLEMS_MAX) {
		return;
	}
	problem = &problems->items[problems->count++];
	problem->is_warning = is_warning;
	problem->line = at ? at->line : 0;
	problem->column = at ? at->column : 0;
	/* The sentence quotes the file: what would move the cursor is made visible. */
	vsnprintf(plain, sizeof(plain), format, arguments);
	text_init(&text, problem->text, sizeof(problem->text));
	text_put_terminal(&text, plain, strlen(plain));
}

void policy_error(struct policy_reader *reader, const struct yaml_node *at, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_problem(reader, at, false, format, arguments);
	va_end(arguments);
}

void policy_warning(
	struct policy_reader *reader, const struct yaml_node *at, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_problem(reader, at, true, format, arguments);
	va_end(arguments);
}

struct policy_guess policy_guess(const char *word)
{
	/* A third of the word may be wrong, at most three letters; of two letters one. */
	unsigned allowed = strlen(word) == 2 ? 1 : (unsigned)strlen(word) / 3;

	return (struct policy_guess){ .word = word, .distance = allowed > 3 ? 4 : allowed + 1 };
}

void policy_guess_try(struct policy_guess *guess, const char *name)
{
	unsigned distance = edit_distance(guess->word, name, guess->distance);

	if (distance < guess->distance) {
		guess->distance = distance;
		guess->best = name;
	}
}

const char *policy_guess_text(const struct policy_guess *guess, char text[96])
{
	text[0] = '\0';
	if (guess->best) {
		snprintf(text, 96, " (did you mean \"%.60s\"?)", guess->best);
	}
	return text;
}

static void read_word(struct policy_reader *reader, const struct yaml_node *value, const char *what,
	const struct policy_word *words, void *target)
{
	struct policy_guess guess = policy_guess(value->key->text);
	char hint[96];

	for (const struct policy_word *word = words; word->name; word++) {
		if (strcmp(word->name, value->key->text) != 0) {
			policy_guess_try(&guess, word->name);
		} else if (word->read) {
			word->read(reader, value, target);
			return;
		} else {
			policy_error(reader, value->key,
				"\"%s\" in %s is not supported in this version; remove it, since "
				"without it the file would mean something else",
				word->name, what);
			return;
		}
	}
	policy_error(reader, value->key, "%s has no word \"%.60s\"%s", what, value->key->text,
		policy_guess_text(&guess, hint));
}

void policy_read_words(struct policy_reader *reader, const struct yaml_node *map, const char *what,
	const struct policy_word *words, void *target)
{
	if (map->kind != YAML_MAP) {
		policy_error(reader, map, "expected %s as \"word: value\" lines, found %s", what,
			yaml_kind_name(map->kind));
		return;
	}
	for (const struct yaml_node *value = map->child; value; value = value->next) {
		read_word(reader, value, what, words, target);
	}
}

const struct yaml_node *policy_next_text(
	struct policy_reader *reader, const struct yaml_node *value, const struct yaml_node *item)
{
	const struct yaml_node *next;

	if (value->kind != YAML_LIST) {
		if (!item && !policy_read_text(reader, value)) {
			return NULL;
		}
		return item ? NULL : value;
	}
	for (next = item ? item->next : value->child; next; next = next->next) {
		if (policy_read_text(reader, next)) {
			break;
		}
	}
	return next;
}

const char *policy_read_text(struct policy_reader *reader, const struct yaml_node *value)
{
	if (value->kind != YAML_TEXT) {
		policy_error(
			reader, value, "expected a text, found %s", yaml_kind_name(value->kind));
		return NULL;
	}
	if (value->text[0] == '\0') {
		policy_error(reader, value, "expected a text, found nothing");
		return NULL;
	}
	if (value->is_cut) {
		policy_warning(reader, value,
			"this text ends before its \"#\", where a comment begins: put it in "
			"quotes");
	}
	return value->text;
}

static bool is_language(const char *code)
{
	static const char *const codes[] = { "en", "sv", "nb", "nn", "da", "fi" };

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(codes[i], code) == 0) {
			return true;
		}
	}
	return false;
}

/* The text with its language's code behind it: it stands in for one that is missing. */
static const char *mark_language(
	struct policy_reader *reader, const char *text, const char *language)
{
	struct policy *policy = reader->policy;
	size_t bytes = strlen(text) + strlen(language) + 4;
	char **texts = realloc(policy->texts, (policy->text_count + 1) * sizeof(*texts));
	char *marked = texts ? malloc(bytes) : NULL;

	policy->texts = texts ? texts : policy->texts;
	if (!marked) {
		return text;
	}
	snprintf(marked, bytes, "%s [%s]", text, language);
	policy->texts[policy->text_count++] = marked;
	return marked;
}

void policy_read_free_text(
	struct policy_reader *reader, const struct yaml_node *value, const char **target)
{
	const struct yaml_node *chosen = yaml_map_get(value, reader->language);
	const char *text;

	if (value->kind != YAML_MAP) {
		text = policy_read_text(reader, value);
		*target = text ? text : *target;
		return;
	}
	for (const struct yaml_node *item = value->child; item; item = item->next) {
		if (!is_language(item->key->text)) {
			policy_error(reader, item->key,
				"expected a text, or one a language (en, sv, nb, nn, da, fi), "
				"found \"%.20s\"",
				item->key->text);
			return;
		}
	}
	const struct yaml_node *other = chosen ? chosen : yaml_map_get(value, "en");
	other = other ? other : value->child;
	text = other ? policy_read_text(reader, other) : NULL;
	if (text) {
		*target = chosen ? text : mark_language(reader, text, other->key->text);
	}
}

bool policy_read_bool(struct policy_reader *reader, const struct yaml_node *value, bool *result)
{
	/* What YAML 1.1 and 1.2 call true and false. */
	static const char *const words[] = { "false", "no", "off", "true", "yes", "on" };
	const char *text = policy_read_text(reader, value);

	for (unsigned i = 0; text && i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*result = i >= 3;
			return true;
		}
	}
	if (text) {
		policy_error(reader, value, "expected \"yes\" or \"no\", found \"%.60s\"", text);
	}
	return false;
}

bool policy_read_number(struct policy_reader *reader, const struct yaml_node *value, uint32_t least,
	uint32_t most, uint32_t *result)
{
	const char *text = policy_read_text(reader, value);
	size_t digits = text ? strspn(text, "0123456789") : 0;
	unsigned long long number = digits && digits <= 10 ? strtoull(text, NULL, 10) : 0;

	if (!text) {
		return false;
	}
	if (digits == 0 || digits > 10 || text[digits] != '\0' || number < least || number > most) {
		policy_error(reader, value, "expected a number from %u to %u, found \"%.60s\"",
			least, most, text);
		return false;
	}
	*result = (uint32_t)number;
	return true;
}

bool policy_read_time(
	struct policy_reader *reader, const struct yaml_node *value, bool is_end, uint64_t *time_ns)
{
	const char *text = policy_read_text(reader, value);
	uint64_t parsed;

	if (!text) {
		return false;
	}
	if (!local_parse(reader->policy->zone, text, &parsed)) {
		policy_error(reader, value,
			"expected a date such as 2026-03-31 or a time such as "
			"2026-03-31T08:00+02:00, found \"%.60s\"",
			text);
		return false;
	}
	if (is_end && strlen(text) == 10) {
		parsed = local_day_of(reader->policy->zone, parsed).end_ns - 1;
	}
	*time_ns = parsed;
	return true;
}

int policy_read_choice(struct policy_reader *reader, const struct yaml_node *value,
	const char *what, const char *const *names, unsigned count)
{
	const char *word = policy_read_text(reader, value);
	struct policy_guess guess = policy_guess(word ? word : "");
	char list[160], hint[96];
	struct text text;

	if (!word) {
		return -1;
	}
	text_init(&text, list, sizeof(list));
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(word, names[i]) == 0) {
			return (int)i;
		}
		policy_guess_try(&guess, names[i]);
		text_printf(&text, "%s%s", i ? ", " : "", names[i]);
	}
	policy_error(reader, value, "expected %s (%s), found \"%.60s\"%s", what, list, word,
		policy_guess_text(&guess, hint));
	return -1;
}

enum { NAME_BYTES_MAX = 253 };

/* One label in the letters that go over the wire (RFC 3492): "ålesund" is "xn--lesund-hua". False
 * where it is no UTF-8 or too long. */
static bool put_label(struct text *text, const char *label, size_t bytes)
{
	enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700 };
	uint32_t points[64], n = 128, delta = 0, bias = 72;
	unsigned count = 0, basic = 0;

	for (size_t i = 0; i < bytes;) {
		unsigned char lead = (unsigned char)label[i];
		unsigned more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
		if (count == 64 || i + more >= bytes + !more) {
			return false;
		}
		points[count] = more == 0 ? lead : lead & (0x3f >> more);
		for (i++; more > 0; more--, i++) {
			points[count] = points[count] << 6 | ((unsigned char)label[i] & 0x3f);
		}
		/* The capitals of the Latin letters of the Nordic languages. */
		points[count] +=
			points[count] >= 0xc0 && points[count] <= 0xde && points[count] != 0xd7 ? 32
												: 0;
		basic += points[count++] < 128;
	}
	if (basic == count) {
		text_printf(text, "%.*s", (int)bytes, label);
		return true;
	}
	text_put(text, "xn--");
	for (unsigned i = 0; i < count; i++) {
		if (points[i] < 128) {
			text_put_char(text, (char)points[i]);
		}
	}
	if (basic > 0) {
		text_put_char(text, '-');
	}
	for (unsigned done = basic; done < count; delta++, n++) {
		uint32_t least = UINT32_MAX;
		for (unsigned i = 0; i < count; i++) {
			least = points[i] >= n && points[i] < least ? points[i] : least;
		}
		delta += (least - n) * (done + 1);
		n = least;
		for (unsigned i = 0; i < count; i++) {
			delta += points[i] < n;
			if (points[i] != n) {
				continue;
			}
			uint32_t q = delta;
			for (uint32_t k = BASE;; k += BASE) {
				uint32_t t = k <= bias           ? T_MIN
					     : k >= bias + T_MAX ? T_MAX
								 : k - bias;
				uint32_t digit = q < t ? q : t + (q - t) % (BASE - t);
				text_put_char(
					text, (char)(digit < 26 ? 'a' + digit : '0' + digit - 26));
				if (q < t) {
					break;
				}
				q = (q - t) / (BASE - t);
			}
			uint32_t adapted = done == basic ? delta / DAMP : delta / 2;
			uint32_t turns = 0;
			adapted += adapted / (done + 1);
			for (; adapted > ((BASE - T_MIN) * T_MAX) / 2; turns += BASE) {
				adapted /= BASE - T_MIN;
			}
			bias = turns + (BASE - T_MIN + 1) * adapted / (adapted + SKEW);
			delta = 0;
			done++;
		}
	}
	return true;
}

/* A name with letters of other alphabets, as it goes over the wire; the text itself where it has
 * none, or is no name. */
static const char *wire_name(struct policy_reader *reader, const char *name)
{
	struct policy *policy = reader->policy;
	char memory[NAME_BYTES_MAX + 1];
	struct text text;
	bool is_plain = true, is_good = true;

	for (const char *at = name; *at; at++) {
		is_plain &= (unsigned char)*at < 0x80;
	}
	if (is_plain) {
		return name;
	}
	text_init(&text, memory, sizeof(memory));
	for (const char *label = name; is_good && *label;) {
		size_t bytes = strcspn(label, ".");
		is_good = put_label(&text, label, bytes);
		label += bytes;
		if (*label == '.') {
			text_put_char(&text, '.');
			label++;
		}
	}
	char **texts = realloc(policy->texts, (policy->text_count + 1) * sizeof(*texts));
	policy->texts = texts ? texts : policy->texts;
	char *made = texts && is_good && !text.truncated ? strdup(memory) : NULL;
	if (made) {
		policy->texts[policy->text_count++] = made;
	}
	return made ? made : name;
}

const char *policy_host_name(struct policy_reader *reader, const struct yaml_node *item)
{
	char *text = item->text;
	size_t length = strlen(text);

	/* The tree is ours: names are made what they are on the wire, in place. */
	for (char *at = text; *at; at++) {
		*at = *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;
	}
	if (length > 1 && text[length - 1] == '.') {
		text[--length] = '\0';
	}
	if (strncmp(text, "*.", 2) == 0) {
		memmove(text, text + 2, length - 1);
		length -= 2;
	}
	const char *name = wire_name(reader, text);
	length = strlen(name);
	if (length > 0 && length <= NAME_BYTES_MAX && name[0] != '.' && strchr(name, '.') &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == length) {
		return name;
	}
	policy_error(reader, item,
		"expected a host name such as example.com (it holds for everything below it too), "
		"found \"%.60s\"",
		text);
	return NULL;
}

uint32_t policy_count_texts(const struct yaml_node *value)
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

void policy_read_prefixes(
	struct policy_reader *reader, const struct yaml_node *value, struct prefix_index **index)
{
	struct prefix *prefixes =
		policy_new_rows(reader, value, policy_count_texts(value), sizeof(*prefixes));
	const struct yaml_node *item = NULL;
	size_t count = 0;

	while (prefixes && (item = policy_next_text(reader, value, item))) {
		if (prefix_parse(item->text, &prefixes[count])) {
			count++;
		} else {
			policy_error(reader, item,
				"expected an address or a network such as 10.20.3.7 or "
				"2001:db8:53::/64, found \"%.60s\"",
				item->text);
		}
	}
	prefix_index_destroy(*index);
	*index = prefixes && count > 0 ? prefix_index_create(prefixes, count) : NULL;
	if (prefixes && count > 0 && !*index) {
		policy_error(reader, value, "out of memory");
	}
	free(prefixes);
}

void policy_note_country(struct policy_reader *reader, const struct yaml_node *item)
{
	struct policy_countries *named = &reader->policy->countries;

	if (named->count < POLICY_COUNTRIES_MAX) {
		named->items[named->count++] = item;
	}
}

uint16_t policy_symbol(struct policy_reader *reader, const struct yaml_node *at,
	enum symbol_kind kind, const char *name)
{
	uint16_t symbol = symbol_of(kind, name);

	if (symbol == 0 && name[0] != '\0') {
		policy_error(reader, at,
			"more than %d names of its kind since the start, or no memory; start anew",
			SYMBOLS_MAX);
	}
	return symbol;
}

void *policy_new_rows(
	struct policy_reader *reader, const struct yaml_node *at, size_t count, size_t row_bytes)
{
	void *rows = calloc(count + 1, row_bytes);

	if (!rows) {
		policy_error(reader, at, "out of memory");
	}
	return rows;
}

void policy_new_set(struct policy_reader *reader, const struct yaml_node *at, uint32_t size,
	struct number_set *set)
{
	if (!number_set_init(set, size)) {
		policy_error(reader, at, "out of memory");
	}
}

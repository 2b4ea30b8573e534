#include "dashboards/cli/apps_import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/fact_values.h"
#include "analyzer/catalogue/list_reader.h"
#include "analyzer/catalogue/name_index.h"
#include "base/file.h"

enum { ID_BYTES = 49 };

/* One list being read. */
struct import {
	const struct catalogue *catalogue;
	const struct apps_import_options *options;
	const char *source;
	FILE *out;
	struct apps_import_counts *counts;
	char id[ID_BYTES];       /* of the app at hand; "" none yet */
	char name[256];          /* what the list calls it */
	bool is_introduced;      /* its first lines are written */
	struct name_index *seen; /* facts written; their texts are kept in the list below */
	struct kept_text *kept;
};

struct kept_text {
	struct kept_text *next;
	char text[];
};

/* Is this fact new? Lists say things twice, a catalogue must not. */
static bool is_new(struct import *import, const char *fact, const char *value)
{
	size_t size = strlen(import->id) + strlen(fact) + strlen(value) + 3;
	struct kept_text *kept = malloc(sizeof(*kept) + size);

	if (!kept) {
		return true;
	}
	snprintf(kept->text, size, "%s %s %s", import->id, fact, value);
	kept->next = import->kept;
	import->kept = kept;
	uint32_t *times = name_index_add(import->seen, kept->text, 0);
	return !times || (*times)++ == 0;
}

/* "WeChat.yml" is "wechat": small letters, digits and dashes. */
static void make_id(const char *text, size_t length, char id[ID_BYTES])
{
	size_t used = 0;

	for (size_t i = 0; i < length && used < ID_BYTES - 1; i++) {
		char byte = text[i];
		if (byte >= 'A' && byte <= 'Z') {
			byte = (char)(byte | 0x20);
		}
		bool fits = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
		if (fits || used > 0) {
			id[used++] = fits ? byte : '-';
		}
	}
	while (used > 0 && id[used - 1] == '-') {
		used--;
	}
	id[used] = '\0';
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The catalogue's own id where it knows what the list means. */
static void begin_app(struct import *import, const char *text, size_t length)
{
	char typed[256];

	snprintf(typed, sizeof(typed), "%.*s", (int)length, text);
	uint16_t known = catalogue_resolve(import->catalogue, typed);
	const struct app *app = catalogue_app(import->catalogue, known);
	make_id(app ? app->id : text, app ? strlen(app->id) : length, import->id);
	snprintf(import->name, sizeof(import->name), "%s", typed);
	import->is_introduced = known != 0;
}

/* Nothing in a list or on the command line makes a cell or a line of its own. */
static void put_cell(FILE *out, const char *text, char end)
{
	for (; *text; text++) {
		fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
	fputc(end, out);
}

static void put_fact(struct import *import, const char *fact, const char *value)
{
	if (value) {
		put_cell(import->out, import->id, '\t');
		put_cell(import->out, fact, '\t');
		put_cell(import->out, value, '\t');
		put_cell(import->out, import->source, '\n');
	}
}

/* An app that the catalogue does not have says who it is. */
static void introduce(struct import *import)
{
	const struct apps_import_options *options = import->options;

	if (import->is_introduced) {
		return;
	}
	import->is_introduced = true;
	put_fact(import, "name", options->name ? options->name : import->name);
	put_fact(import, "category", options->category ? options->category : "other");
	put_fact(import, "owner", options->owner ? options->owner : "various");
	put_fact(import, "owner-country", options->owner_country);
	put_fact(import, "parent", options->parent ? options->parent : options->owner);
	put_fact(import, "parent-country",
		options->parent_country ? options->parent_country : options->owner_country);
}

static void put_name(struct import *import, enum rule_kind kind, const char *name)
{
	/* What decides about a name below the suffix, or about the pattern's suffix, decides now.
	 */
	struct match match = kind == RULE_FIRST_LABEL
				     ? (struct match){ 0 }
				     : catalogue_match_name(import->catalogue, name, strlen(name));
	const struct app *app = catalogue_app(import->catalogue, match.app);
	bool is_same = app && strcmp(app->id, import->id) == 0;

	if (is_same && (match.kind == MATCH_SUFFIX || match.kind == MATCH_EMBEDDED_IN_CDN)) {
		import->counts->known++;
		return;
	}
	if (!is_new(import, rule_kind_name(kind), name)) {
		return;
	}
	introduce(import);
	put_fact(import, rule_kind_name(kind), name);
	import->counts->added++;
	import->counts->moved += app && !is_same && strcmp(match.rule, name) == 0;
}

static void take(struct import *import, const struct list_item *item)
{
	switch (item->kind) {
	case LIST_ITEM_SUFFIX:
		put_name(import, RULE_SUFFIX, item->text);
		break;
	case LIST_ITEM_HOST:
		put_name(import, RULE_HOST, item->text);
		break;
	case LIST_ITEM_FIRST_LABEL:
		put_name(import, RULE_FIRST_LABEL, item->text);
		break;
	case LIST_ITEM_TLD:
		put_name(import, RULE_TLD, item->text);
		break;
	case LIST_ITEM_APP_ID:
		if (!import->options->app) {
			begin_app(import, item->text, strlen(item->text));
		}
		break;
	case LIST_ITEM_APP_NAME:
		snprintf(import->name, sizeof(import->name), "%s", item->text);
		break;
	case LIST_ITEM_EXCEPTION:
		import->counts->exceptions++;
		break;
	case LIST_ITEM_INCLUDE:
		import->counts->includes++;
		break;
	default:
		import->counts->unknown++;
		break;
	}
}

static void read_lines(struct import *import, char *content)
{
	struct list_reader reader = { 0 };
	struct list_item item;

	for (char *line = content, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next) {
			*next++ = '\0';
		}
		list_reader_line(&reader, line);
		while (list_reader_next(&reader, &item)) {
			take(import, &item);
		}
	}
}

static const char forms[] = "expected a list of domains, a hosts file or service rules of AdGuard";

/* What a file that is no list looks like; NULL: nothing that we know. */
static const char *other_form(const char *content, size_t bytes)
{
	const uint8_t *at = (const uint8_t *)content;
	const char *text = content + strspn(content, " \t\r\n\xef\xbb\xbf");

	if (bytes >= 2 && ((at[0] == 0xff && at[1] == 0xfe) || (at[0] == 0xfe && at[1] == 0xff))) {
		return "UTF-16: save it as UTF-8";
	}
	if (bytes >= 2 && at[0] == 0x1f && at[1] == 0x8b) {
		return "compressed: unpack it first";
	}
	if (memchr(content, '\0', bytes)) {
		return "no text, or UTF-16: save it as UTF-8";
	}
	bool is_array = *text == '[' && strchr("\"{[", text[1 + strspn(text + 1, " \t\r\n")]);
	return *text == '<' ? "a web page" : *text == '{' || is_array ? "JSON" : NULL;
}

static unsigned told(const struct apps_import_counts *counts)
{
	return counts->added + counts->known + counts->exceptions + counts->includes;
}

/* A list that tells nothing is the wrong file: nobody is to take it for one that was read. */
static int check_told(const char *path, const char *form, const struct apps_import_counts *counts,
	struct err *err)
{
	if (form) {
		return err_set(err, EINVAL, "%s: this is %s; %s", path, form, forms);
	}
	if (told(counts) == 0) {
		return err_set(err, EINVAL, "%s: no name in %s; %s", path,
			counts->unknown ? "any of its lines" : "it", forms);
	}
	return 0;
}

int apps_import_list(const struct catalogue *catalogue, const struct apps_import_options *options,
	const char *path, FILE *out, struct apps_import_counts *counts, struct err *err)
{
	struct import import = { .catalogue = catalogue,
		.options = options,
		.source = options->source ? options->source : base_name(path),
		.out = out,
		.counts = counts };
	const char *name = options->app ? options->app : base_name(path);
	size_t length = options->app ? strlen(name) : strcspn(name, ".");
	struct apps_import_counts of_list = { 0 };
	char *content;
	size_t bytes;
	int status = file_read(path, &content, &bytes, err);

	if (status < 0) {
		return status;
	}
	begin_app(&import, name, length);
	if (!fact_is_id(import.id)) {
		free(content);
		return err_set(err, EINVAL, "%s: name the app with --app: \"%.*s\" makes no id",
			path, (int)length, name);
	}
	const char *form = other_form(content, bytes);
	import.seen = name_index_create(1024);
	import.counts = &of_list;
	if (import.seen && !form) {
		read_lines(&import, content);
	}
	free(content);
	while (import.kept) {
		struct kept_text *next = import.kept->next;
		free(import.kept);
		import.kept = next;
	}
	bool is_done = import.seen != NULL;
	name_index_destroy(import.seen);
	if (!is_done) {
		return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	counts->added += of_list.added;
	counts->known += of_list.known;
	counts->moved += of_list.moved;
	counts->exceptions += of_list.exceptions;
	counts->includes += of_list.includes;
	counts->unknown += of_list.unknown;
	return check_told(path, form, &of_list, err);
}

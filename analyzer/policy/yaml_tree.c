#include "analyzer/policy/yaml_tree.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { NODES_MAX = 200000, KEYS_MAX = 4096, DEPTH_MAX = 16 };

struct yaml_tree {
	struct yaml_node *root;
};

/* Where the next node goes: into the innermost open list or mapping. */
struct frame {
	struct yaml_node *node;
	struct yaml_node **tail;
	struct yaml_node *key; /* read, its value not yet */
	unsigned key_count;
};

struct builder {
	struct yaml_tree *tree;
	struct yaml_fault *fault;
	struct frame frames[DEPTH_MAX];
	unsigned depth, node_count;
	bool is_done, is_bad;
	const char *bytes; /* the file */
	size_t count;
	size_t line, line_start; /* marks come in order: the line looked at last */
	size_t at, column;       /* and the place in it: a line may be as long as the file */
};

static void node_destroy(struct yaml_node *node)
{
	while (node) {
		struct yaml_node *next = node->next;
		if (node->key) {
			free(node->key->text);
			free(node->key);
		}
		node_destroy(node->child);
		free(node->text);
		free(node);
		node = next;
	}
}

static void set_fault(struct builder *builder, const yaml_mark_t *mark, const char *text)
{
	if (!builder->is_bad) {
		builder->is_bad = true;
		builder->fault->line = (unsigned)mark->line + 1;
		builder->fault->column = (unsigned)mark->column + 1;
		snprintf(builder->fault->text, sizeof(builder->fault->text), "%s", text);
	}
}

static struct yaml_node *node_create(
	struct builder *builder, const yaml_event_t *event, enum yaml_kind kind)
{
	struct yaml_node *node;

	if (builder->node_count++ == NODES_MAX) {
		set_fault(builder, &event->start_mark, "the file has more than 200,000 values");
		return NULL;
	}
	node = calloc(1, sizeof(*node));
	if (!node) {
		set_fault(builder, &event->start_mark, "out of memory");
		return NULL;
	}
	node->kind = kind;
	node->line = (unsigned)event->start_mark.line + 1;
	node->column = (unsigned)event->start_mark.column + 1;
	return node;
}

static bool is_key_known(const struct frame *frame, const char *key)
{
	return yaml_map_get(frame->node, key) != NULL;
}

/* Puts a finished node where it belongs; takes it over. */
static void node_add(struct builder *builder, const yaml_event_t *event, struct yaml_node *node)
{
	struct frame *frame;

	if (builder->depth == 0) {
		builder->tree->root = node;
		return;
	}
	frame = &builder->frames[builder->depth - 1];
	if (frame->node->kind == YAML_MAP) {
		if (!frame->key) {
			if (node->kind != YAML_TEXT) {
				set_fault(
					builder, &event->start_mark, "a key must be a plain word");
				node_destroy(node);
			} else if (is_key_known(frame, node->text)) {
				set_fault(builder, &event->start_mark,
					"this key stands twice in the same mapping");
				node_destroy(node);
			} else if (frame->key_count++ == KEYS_MAX) {
				set_fault(builder, &event->start_mark,
					"more than 4,096 keys in one mapping");
				node_destroy(node);
			} else {
				frame->key = node;
			}
			return;
		}
		node->key = frame->key;
		frame->key = NULL;
	}
	*frame->tail = node;
	frame->tail = &node->next;
}

static void open_node(struct builder *builder, const yaml_event_t *event, enum yaml_kind kind)
{
	struct yaml_node *node;

	if (builder->depth == DEPTH_MAX) {
		set_fault(builder, &event->start_mark, "more than 16 levels deep");
		return;
	}
	node = node_create(builder, event, kind);
	if (node) {
		node_add(builder, event, node);
	}
	if (!builder->is_bad) {
		builder->frames[builder->depth++] =
			(struct frame){ .node = node, .tail = &node->child };
	}
}

/* Does a comment begin behind the text without a blank after its "#": "Case #31"? Whoever wrote so
 * meant it as text. */
static bool is_cut_by_hash(struct builder *builder, const yaml_event_t *event)
{
	const yaml_mark_t *end = &event->end_mark;

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
		return false;
	}
	if (builder->line < end->line || builder->column > end->column) {
		while (builder->line < end->line && builder->line_start < builder->count) {
			builder->line += builder->bytes[builder->line_start++] == '\n';
		}
		builder->at = builder->line_start;
		builder->column = 0;
	}
	while (builder->at < builder->count && builder->column < end->column) {
		builder->column += (builder->bytes[builder->at++] & 0xc0) != 0x80;
	}
	size_t at = builder->at;
	while (at < builder->count && (builder->bytes[at] & 0xc0) == 0x80) {
		at++;
	}
	size_t hash = at;
	while (hash < builder->count && builder->bytes[hash] == ' ') {
		hash++;
	}
	/* The bytes end where they end: no NUL stands behind them. */
	if (hash == at || hash + 1 >= builder->count || builder->bytes[hash] != '#') {
		return false;
	}
	char behind = builder->bytes[hash + 1];
	return behind != ' ' && behind != '#' && behind != '\n' && behind != '\0';
}

static void add_text(struct builder *builder, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	struct yaml_node *node;

	if (strlen(value) != event->data.scalar.length) {
		set_fault(builder, &event->start_mark, "a text must not hold a NUL character");
		return;
	}
	node = node_create(builder, event, YAML_TEXT);
	if (!node) {
		return;
	}
	node->is_cut = is_cut_by_hash(builder, event);
	node->text = strdup(value);
	if (!node->text) {
		set_fault(builder, &event->start_mark, "out of memory");
		node_destroy(node);
		return;
	}
	node_add(builder, event, node);
}

static bool has_extras(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor || event->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor || event->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor || event->data.mapping_start.tag;
	default:
		return event->type == YAML_ALIAS_EVENT;
	}
}

static void take_event(struct builder *builder, const yaml_event_t *event)
{
	if (has_extras(event)) {
		set_fault(builder, &event->start_mark,
			"anchors (&), aliases (*) and tags (!) are not used here; quote a text "
			"that begins so");
		return;
	}
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (builder->tree->root) {
			set_fault(builder, &event->start_mark, "expected one document in the file");
		}
		break;
	case YAML_SCALAR_EVENT:
		add_text(builder, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		open_node(builder, event, YAML_LIST);
		break;
	case YAML_MAPPING_START_EVENT:
		open_node(builder, event, YAML_MAP);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		builder->depth--;
		break;
	case YAML_STREAM_END_EVENT:
		builder->is_done = true;
		break;
	default:
		break;
	}
}

/* The byte at a line and column, both from 0; 0 behind the end. Columns count characters. */
static char byte_at(const char *bytes, size_t count, const yaml_mark_t *mark)
{
	size_t line = 0, column = 0;

	for (size_t i = 0; i < count; i++) {
		bool starts_character = ((unsigned char)bytes[i] & 0xc0) != 0x80;
		if (line == mark->line && column == mark->column && starts_character) {
			return bytes[i];
		}
		column += starts_character;
		if (bytes[i] == '\n') {
			line++;
			column = 0;
		}
	}
	return '\0';
}

/* The line and column of a byte, which libyaml does not know for what it cannot decode. */
static yaml_mark_t mark_of(const char *bytes, size_t offset)
{
	yaml_mark_t mark = { .index = offset };

	for (size_t i = 0; i < offset; i++) {
		mark.column += ((unsigned char)bytes[i] & 0xc0) != 0x80;
		if (bytes[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

/* Does a comment begin somewhere on that line, behind other text? */
static bool has_comment(const char *bytes, size_t count, size_t line)
{
	size_t at = 0;

	for (; at < count && line > 0; at++) {
		line -= bytes[at] == '\n';
	}
	for (size_t first = at; at < count && bytes[at] != '\n'; at++) {
		if (bytes[at] == '#' && at > first && bytes[at - 1] == ' ') {
			return true;
		}
	}
	return false;
}

/* A list or mapping in brackets whose end is not found. */
static void set_unclosed(
	struct builder *builder, const yaml_parser_t *parser, const char *bytes, size_t count)
{
	bool is_map = strstr(parser->problem, "'}'") != NULL;
	bool is_commented = has_comment(bytes, count, parser->context_mark.line);
	char text[sizeof(builder->fault->text)];

	snprintf(text, sizeof(text), "this %s is not closed: a \"%s\" or a comma is missing%s",
		is_map ? "\"{\"" : "\"[\"", is_map ? "}" : "]",
		is_commented ? "; a \"#\" behind a blank begins a comment: put a text that holds "
			       "one in quotes"
			     : "");
	set_fault(builder, &parser->context_mark, text);
}

/* A line that begins where nothing can begin. */
static void set_misplaced(struct builder *builder, const yaml_parser_t *parser)
{
	char text[sizeof(builder->fault->text)];

	snprintf(text, sizeof(text),
		"this line is not indented like the others of the %s that begins at line %zu, "
		"column %zu; or a quote or a colon is missing above it",
		strstr(parser->problem, "'-'") ? "list" : "words", parser->context_mark.line + 1,
		parser->context_mark.column + 1);
	set_fault(builder, &parser->problem_mark, text);
}

/* libyaml speaks of what it was doing, where that began, and what was wrong; all of it together
 * makes sense. */
static void put_both(struct builder *builder, const yaml_parser_t *parser)
{
	char text[sizeof(builder->fault->text)];

	if (parser->context) {
		snprintf(text, sizeof(text), "%s (it begins at line %zu, column %zu), %s",
			parser->context, parser->context_mark.line + 1,
			parser->context_mark.column + 1, parser->problem);
	} else {
		snprintf(text, sizeof(text), "%s", parser->problem);
	}
	set_fault(builder, &parser->problem_mark, text);
}

static void set_syntax_fault(
	struct builder *builder, const yaml_parser_t *parser, const char *bytes, size_t count)
{
	char text[sizeof(builder->fault->text)];

	if (parser->error == YAML_MEMORY_ERROR || !parser->problem) {
		set_fault(builder, &parser->mark, "out of memory");
	} else if (parser->error == YAML_READER_ERROR) {
		yaml_mark_t mark = mark_of(
			bytes, parser->problem_offset < count ? parser->problem_offset : count);
		snprintf(text, sizeof(text), "not UTF-8 text: %s", parser->problem);
		set_fault(builder, &mark, text);
	} else if (parser->context && strstr(parser->context, "quoted scalar") &&
		   strstr(parser->problem, "end of stream")) {
		set_fault(builder, &parser->context_mark, "this quote is never closed");
	} else if (strstr(parser->problem, "mapping values are not allowed")) {
		set_fault(builder, &parser->problem_mark,
			"a second colon on this line: put a text that holds \": \" in quotes");
	} else if (byte_at(bytes, count, &parser->problem_mark) == '\t') {
		set_fault(builder, &parser->problem_mark,
			"a tab; indent with blanks, and quote a text that begins with a tab");
	} else if (parser->context && strstr(parser->problem, "did not find expected ','")) {
		set_unclosed(builder, parser, bytes, count);
	} else if (parser->context &&
		   (strstr(parser->problem, "expected '-' indicator") ||
			   strstr(parser->problem, "did not find expected key"))) {
		set_misplaced(builder, parser);
	} else {
		put_both(builder, parser);
	}
}

struct yaml_tree *yaml_tree_create(const char *bytes, size_t count, struct yaml_fault *fault)
{
	struct builder builder = { .fault = fault, .bytes = bytes, .count = count };
	yaml_parser_t parser;

	*fault = (struct yaml_fault){ .line = 1, .column = 1, .text = "out of memory" };
	builder.tree = calloc(1, sizeof(*builder.tree));
	if (!builder.tree || !yaml_parser_initialize(&parser)) {
		free(builder.tree);
		return NULL;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, count);
	while (!builder.is_done && !builder.is_bad) {
		yaml_event_t event;
		if (!yaml_parser_parse(&parser, &event)) {
			set_syntax_fault(&builder, &parser, bytes, count);
			break;
		}
		take_event(&builder, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (!builder.is_bad) {
		return builder.tree;
	}
	for (unsigned i = 0; i < builder.depth; i++) {
		node_destroy(builder.frames[i].key);
	}
	yaml_tree_destroy(builder.tree);
	return NULL;
}

void yaml_tree_destroy(struct yaml_tree *tree)
{
	if (tree) {
		node_destroy(tree->root);
		free(tree);
	}
}

const struct yaml_node *yaml_tree_root(const struct yaml_tree *tree)
{
	return tree->root;
}

const struct yaml_node *yaml_map_get(const struct yaml_node *map, const char *key)
{
	if (map && map->kind == YAML_MAP) {
		for (const struct yaml_node *value = map->child; value; value = value->next) {
			if (strcmp(value->key->text, key) == 0) {
				return value;
			}
		}
	}
	return NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
	switch (kind) {
	case YAML_TEXT:
		return "a text";
	case YAML_LIST:
		return "a list";
	default:
		return "a mapping";
	}
}

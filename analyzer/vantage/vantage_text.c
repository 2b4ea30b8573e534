#include "analyzer/vantage/vantage_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_BYTES = 192, KEY_BYTES = 64 };

/* The largest unit that leaves no doubt, at most two digits: 37 s, 12 min, 5 h, 400 d. */
static void put_span(const struct messages *messages, struct text *text, uint64_t seconds)
{
	static const struct {
		uint64_t seconds, most;
		const char *key;
	} units[] = { { 1, 120, "span_seconds" }, { 60, 7200, "span_minutes" },
		{ 3600, 172800, "span_hours" }, { 86400, UINT64_MAX, "span_days" } };
	char count[24];
	unsigned unit = 0;

	while (seconds >= units[unit].most) {
		unit++;
	}
	snprintf(count, sizeof(count), "%" PRIu64, seconds / units[unit].seconds);
	messages_put(messages, text, units[unit].key, "count", count, NULL);
}

static void put_devices(
	const struct messages *messages, struct text *text, const struct vantage_figure *figure)
{
	char least[24];

	if (figure->whole == 0) {
		messages_put_count(messages, text, figure->number);
		return;
	}
	snprintf(least, sizeof(least), "%" PRIu64, figure->whole);
	messages_put(messages, text, "summary_fewer", "k", least, NULL);
}

static void put_rate(const struct messages *messages, struct text *text, uint64_t milli)
{
	text_printf(text, "%" PRIu64 "%s%" PRIu64, milli / 1000,
		messages_get(messages, "number_decimal"), milli % 1000 / 100);
}

static void put_value(
	const struct messages *messages, struct text *text, const struct vantage_figure *figure)
{
	switch (figure->kind) {
	case FIGURE_NUMBER:
		messages_put_count(messages, text, figure->number);
		break;
	case FIGURE_DEVICES:
		put_devices(messages, text, figure);
		break;
	case FIGURE_SHARE:
		messages_put_percent(messages, text, figure->number, figure->whole);
		break;
	case FIGURE_SIZE:
		messages_put_size(messages, text, figure->number);
		break;
	case FIGURE_SPAN:
		put_span(messages, text, figure->number);
		break;
	case FIGURE_RATE:
		put_rate(messages, text, figure->number);
		break;
	case FIGURE_WORD:
		text_put(text, messages_get(messages, figure->text));
		break;
	default:
		text_put(text, figure->text);
		break;
	}
}

static void put_message(const struct messages *messages, struct text *text, const char *key,
	const struct vantage_finding *finding)
{
	char values[FIGURES_MAX][VALUE_BYTES];
	const char *names[FIGURES_MAX];

	for (unsigned i = 0; i < FIGURES_MAX; i++) {
		struct text value;
		text_init(&value, values[i], sizeof(values[i]));
		names[i] = i < finding->figure_count ? finding->figures[i].name : NULL;
		if (names[i]) {
			put_value(messages, &value, &finding->figures[i]);
		}
	}
	/* The first name that is missing ends the pairs. */
	messages_put(messages, text, key, names[0], values[0], names[1], values[1], names[2],
		values[2], names[3], values[3], names[4], values[4], names[5], values[5], NULL);
}

void vantage_put_sentence(
	const struct messages *messages, struct text *text, const struct vantage_finding *finding)
{
	char key[KEY_BYTES];

	snprintf(key, sizeof(key), "doctor_%s", vantage_code_name(finding->code));
	put_message(messages, text, key, finding);
}

void vantage_put_remedy(
	const struct messages *messages, struct text *text, const struct vantage_finding *finding)
{
	char key[KEY_BYTES];

	snprintf(key, sizeof(key), "doctor_%s_remedy", vantage_code_name(finding->code));
	put_message(messages, text, key, finding);
}

static void put_figure(struct json *json, const struct vantage_figure *figure)
{
	char name[FIGURE_NAME_BYTES + 8];

	switch (figure->kind) {
	case FIGURE_TEXT:
	case FIGURE_WORD:
		json_string(json, figure->name, figure->text);
		break;
	case FIGURE_SHARE:
		json_u64(json, figure->name, figure->number);
		snprintf(name, sizeof(name), "%s_of", figure->name);
		json_u64(json, name, figure->whole);
		break;
	case FIGURE_DEVICES:
		snprintf(name, sizeof(name), "%s%s", figure->name,
			figure->whole > 0 ? "_fewer_than" : "");
		json_u64(json, name, figure->whole > 0 ? figure->whole : figure->number);
		break;
	default:
		json_u64(json, figure->name, figure->number);
		break;
	}
}

static void put_said(struct json *json, const char *name, const struct messages *messages,
	const struct vantage_finding *finding,
	void (*put)(const struct messages *, struct text *, const struct vantage_finding *))
{
	struct text text;

	text_init_heap(&text);
	put(messages, &text, finding);
	json_string(json, name, text.at);
	text_deinit(&text);
}

void vantage_put_json(
	const struct messages *messages, struct json *json, const struct vantage_finding *finding)
{
	json_string(json, "code", vantage_code_name(finding->code));
	json_string(json, "severity", vantage_severity_name(finding->severity));
	put_said(json, "sentence", messages, finding, vantage_put_sentence);
	put_said(json, "remedy", messages, finding, vantage_put_remedy);
	json_object_begin(json, "figures");
	for (unsigned i = 0; i < finding->figure_count; i++) {
		put_figure(json, &finding->figures[i]);
	}
	json_object_end(json);
}

/* Names are of units, classes, files: a tab or the end of a line in one becomes a space. */
static void put_plain(struct text *text, const char *words)
{
	for (; *words; words++) {
		text_put_char(text, (unsigned char)*words < ' ' ? ' ' : *words);
	}
}

/* The first line says of what; then a line a finding. */
void vantage_put_lines(struct text *text, const struct vantage_report *report)
{
	text_printf(text, "looked %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", report->first_ns,
		report->last_ns, report->flows);
	for (unsigned i = 0; i < report->findings.count; i++) {
		const struct vantage_finding *finding = &report->findings.items[i];
		text_put(text, vantage_code_name(finding->code));
		for (unsigned j = 0; j < finding->figure_count; j++) {
			const struct vantage_figure *figure = &finding->figures[j];
			text_printf(text, "\t%s %s %" PRIu64 " %" PRIu64 " ", figure->name,
				vantage_figure_kind_name(figure->kind), figure->number,
				figure->whole);
			put_plain(text, figure->text);
		}
		text_put_char(text, '\n');
	}
}

static bool read_figure(struct vantage_finding *finding, const char *field)
{
	struct vantage_figure figure = { .kind = FIGURE_NONE };
	char kind[16];
	int words = 0;

	if (finding->figure_count == FIGURES_MAX ||
		sscanf(field, "%15s %15s %" SCNu64 " %" SCNu64 "%n", figure.name, kind,
			&figure.number, &figure.whole, &words) != 4 ||
		field[words] != ' ') {
		return false;
	}
	for (unsigned i = 0; i < FIGURE_KIND_COUNT; i++) {
		if (strcmp(kind, vantage_figure_kind_name(i)) == 0) {
			figure.kind = (uint8_t)i;
		}
	}
	snprintf(figure.text, sizeof(figure.text), "%s", field + words + 1);
	finding->figures[finding->figure_count++] = figure;
	return figure.kind != FIGURE_NONE;
}

static enum vantage_code code_of(const char *name)
{
	unsigned code = 0;

	while (code < VANTAGE_CODE_COUNT && strcmp(name, vantage_code_name(code)) != 0) {
		code++;
	}
	return code;
}

static bool read_finding(struct vantage_findings *findings, const char *line)
{
	char *copy = strdup(line), *rest;
	char *field = copy ? strtok_r(copy, "\t", &rest) : NULL;
	enum vantage_code code = field ? code_of(field) : VANTAGE_CODE_COUNT;
	bool is_read = code < VANTAGE_CODE_COUNT && findings->count < VANTAGE_FINDINGS_MAX;

	if (is_read) {
		struct vantage_finding *finding = vantage_add(findings, code);
		while (is_read && (field = strtok_r(NULL, "\t", &rest)) != NULL) {
			is_read = read_figure(finding, field);
		}
		findings->count -= !is_read;
	}
	free(copy);
	return is_read;
}

bool vantage_read_lines(struct vantage_report *report, const char *lines)
{
	char *copy = strdup(lines), *rest = NULL;
	char *line = copy ? strtok_r(copy, "\n", &rest) : NULL;
	bool is_read;

	report->findings.count = 0;
	is_read = line && sscanf(line, "looked %" SCNu64 " %" SCNu64 " %" SCNu64, &report->first_ns,
				  &report->last_ns, &report->flows) == 3;
	while (is_read && (line = strtok_r(NULL, "\n", &rest)) != NULL) {
		is_read = read_finding(&report->findings, line);
	}
	free(copy);
	return is_read;
}

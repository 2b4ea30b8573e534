#include "analyzer/vantage/vantage_finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *name;
	uint8_t severity;
} codes[] = {
#define X(id, name, severity) [VANTAGE_##id] = { name, VANTAGE_##severity },
	VANTAGE_FINDINGS(X)
#undef X
};

const char *vantage_code_name(enum vantage_code code)
{
	return (unsigned)code < VANTAGE_CODE_COUNT ? codes[code].name : "";
}

const char *vantage_severity_name(enum vantage_severity severity)
{
	static const char *const names[] = {
#define X(id, name) [VANTAGE_##id] = (name),
		VANTAGE_SEVERITIES(X)
#undef X
	};
	return (unsigned)severity < VANTAGE_SEVERITY_COUNT ? names[severity] : "";
}

const char *vantage_figure_kind_name(enum vantage_figure_kind kind)
{
	static const char *const names[] = {
#define X(id, name) [FIGURE_##id] = (name),
		VANTAGE_FIGURES(X)
#undef X
	};
	return (unsigned)kind < FIGURE_KIND_COUNT ? names[kind] : "";
}

struct vantage_finding *vantage_add(struct vantage_findings *findings, enum vantage_code code)
{
	unsigned place = findings->count < VANTAGE_FINDINGS_MAX ? findings->count++
								: VANTAGE_FINDINGS_MAX - 1;
	struct vantage_finding *finding = &findings->items[place];

	memset(finding, 0, sizeof(*finding));
	finding->code = (uint8_t)code;
	finding->severity = codes[code].severity;
	return finding;
}

bool vantage_has(const struct vantage_findings *findings, enum vantage_code code)
{
	for (unsigned i = 0; i < findings->count; i++) {
		if (findings->items[i].code == code) {
			return true;
		}
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	const struct vantage_finding *left = a, *right = b;

	if (left->severity != right->severity) {
		return right->severity - left->severity;
	}
	return left->code - right->code;
}

void vantage_sort(struct vantage_findings *findings)
{
	qsort(findings->items, findings->count, sizeof(findings->items[0]), compare);
}

static struct vantage_figure *add(
	struct vantage_finding *finding, const char *name, enum vantage_figure_kind kind)
{
	unsigned place =
		finding->figure_count < FIGURES_MAX ? finding->figure_count++ : FIGURES_MAX - 1;
	struct vantage_figure *figure = &finding->figures[place];

	*figure = (struct vantage_figure){ .kind = (uint8_t)kind };
	strncpy(figure->name, name, sizeof(figure->name) - 1);
	return figure;
}

void figure_number(struct vantage_finding *finding, const char *name, uint64_t number)
{
	add(finding, name, FIGURE_NUMBER)->number = number;
}

void figure_devices(
	struct vantage_finding *finding, const char *name, uint64_t number, uint64_t least)
{
	struct vantage_figure *figure = add(finding, name, FIGURE_DEVICES);

	/* What may not be shown does not leave this function. */
	figure->number = number < least ? 0 : number;
	figure->whole = number < least ? least : 0;
}

void figure_share(struct vantage_finding *finding, const char *name, uint64_t part, uint64_t whole)
{
	struct vantage_figure *figure = add(finding, name, FIGURE_SHARE);

	figure->number = part;
	figure->whole = whole;
}

void figure_size(struct vantage_finding *finding, const char *name, uint64_t bytes)
{
	add(finding, name, FIGURE_SIZE)->number = bytes;
}

void figure_span(struct vantage_finding *finding, const char *name, uint64_t seconds)
{
	add(finding, name, FIGURE_SPAN)->number = seconds;
}

void figure_rate(struct vantage_finding *finding, const char *name, uint64_t milli)
{
	add(finding, name, FIGURE_RATE)->number = milli;
}

static void put_text(struct vantage_figure *figure, const char *text)
{
	struct text bounded;

	text_init(&bounded, figure->text, sizeof(figure->text));
	text_put(&bounded, text);
}

void figure_text(struct vantage_finding *finding, const char *name, const char *text)
{
	put_text(add(finding, name, FIGURE_TEXT), text);
}

void figure_word(struct vantage_finding *finding, const char *name, const char *key)
{
	put_text(add(finding, name, FIGURE_WORD), key);
}

static struct vantage_figure *find(struct vantage_finding *finding, const char *name)
{
	for (unsigned i = 0; i < finding->figure_count; i++) {
		if (strcmp(finding->figures[i].name, name) == 0) {
			return &finding->figures[i];
		}
	}
	return add(finding, name, FIGURE_TEXT);
}

void figure_list_add(struct vantage_finding *finding, const char *name, const char *item)
{
	static const char more[] = ", …";
	struct vantage_figure *figure = find(finding, name);
	size_t length = strlen(figure->text), added = strlen(item);
	char *end = figure->text + length;

	if (length >= sizeof(more) && strcmp(end - (sizeof(more) - 1), more) == 0) {
		return;
	}
	if (length + 2 + added + sizeof(more) > sizeof(figure->text)) {
		memcpy(end, length > 0 ? more : more + 2, sizeof(more) - (length > 0 ? 0 : 2));
		return;
	}
	if (length > 0) {
		memcpy(end, ", ", 2);
		end += 2;
	}
	memcpy(end, item, added + 1);
}

void figure_list_add_once(struct vantage_finding *finding, const char *name, const char *item)
{
	const char *text = find(finding, name)->text, *at = text;
	size_t length = strlen(item);

	while ((at = strstr(at, item)) != NULL) {
		bool begins = at == text || (at - text >= 2 && memcmp(at - 2, ", ", 2) == 0);
		if (begins && (at[length] == '\0' || at[length] == ',')) {
			return;
		}
		at++;
	}
	figure_list_add(finding, name, item);
}

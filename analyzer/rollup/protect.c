#include "analyzer/rollup/protect.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/quick_hash.h"

/* What of a line is hidden so far, and what could be hidden next. */
struct line {
	unsigned hidden;
	struct devices sets[PROTECT_FIGURES];
	struct protected_figure figures[PROTECT_FIGURES];
	struct protected_part *next; /* of those that are shown; NULL none */
};

static uint64_t count_of(const struct protected_figure *figure)
{
	return figure->devices ? devices_count(figure->devices) : figure->count;
}

bool protect_is_safe(unsigned k, const struct protected_figure *figure)
{
	if (count_of(figure) < k) {
		return false;
	}
	return !figure->devices || devices_largest(figure->devices) <=
					   figure->bytes / 100 * PROTECT_SHARE_MOST +
						   figure->bytes % 100 * PROTECT_SHARE_MOST / 100;
}

static bool is_part_safe(unsigned k, const struct protected_figure *figures)
{
	for (unsigned i = 0; i < PROTECT_FIGURES; i++) {
		if (figures[i].bytes > 0 && !protect_is_safe(k, &figures[i])) {
			return false;
		}
	}
	return true;
}

/* Where sets are not known the larger count stands for both: rather too few. */
static void add_hidden(struct line *line, const struct protected_part *part)
{
	line->hidden++;
	for (unsigned i = 0; i < PROTECT_FIGURES; i++) {
		const struct protected_figure *figure = &part->figures[i];
		struct protected_figure *sum = &line->figures[i];
		sum->bytes += figure->bytes;
		sum->count = figure->count > sum->count ? figure->count : sum->count;
		if (figure->devices) {
			devices_merge(&line->sets[i], figure->devices);
			sum->devices = &line->sets[i];
		}
	}
}

uint64_t protect_lot(const char *name)
{
	struct hash_key key = hash_key_fixed("borderflow protect lot");

	return hash_bytes(&key, name, strlen(name));
}

/* Made of its devices' hashes, which nobody outside knows. Where only their number is known the
 * smallest comes first. */
static uint64_t lot_of_devices(const struct protected_part *part)
{
	const struct devices *devices = part->figures[0].devices;
	uint64_t lot = 0;

	if (!devices) {
		return part->figures[0].count;
	}
	for (uint32_t i = 0; i < devices->count; i++) {
		lot += devices_told(devices->items[i].hash);
	}
	for (unsigned i = 0; devices->more && i < DEVICES_HEAVIEST; i++) {
		lot += devices_told(devices->more->heaviest[i].hash);
	}
	return quick_hash(0, lot);
}

static uint64_t lot_of(const struct protected_part *part)
{
	return part->lot ? part->lot : lot_of_devices(part);
}

static void add_to_line(struct line *line, struct protected_part *part)
{
	if (part->is_hidden) {
		add_hidden(line, part);
	} else if (!line->next || lot_of(part) < lot_of(line->next)) {
		line->next = part;
	}
}

static void clear_line(struct line *line)
{
	for (unsigned i = 0; i < PROTECT_FIGURES; i++) {
		devices_deinit(&line->sets[i]);
	}
	*line = (struct line){ 0 };
}

static uint32_t count_lines(const struct protected_part *parts, size_t count)
{
	uint32_t most = 0;

	for (size_t i = 0; i < count; i++) {
		for (unsigned j = 0; j < PROTECT_LINES; j++) {
			uint32_t line = parts[i].lines[j];
			most = line != PROTECT_NO_LINE && line >= most ? line + 1 : most;
		}
	}
	return most;
}

/* One more part of each line whose remainder is not safe is hidden: true where there was one. */
static bool hide_more(unsigned k, struct protected_part *parts, size_t count, struct line *lines,
	uint32_t line_count)
{
	bool has_changed = false;

	for (size_t i = 0; i < count; i++) {
		for (unsigned j = 0; j < PROTECT_LINES; j++) {
			if (parts[i].lines[j] != PROTECT_NO_LINE) {
				add_to_line(&lines[parts[i].lines[j]], &parts[i]);
			}
		}
	}
	for (uint32_t i = 0; i < line_count; i++) {
		struct line *line = &lines[i];
		bool is_safe =
			line->hidden == 0 || (line->hidden > 1 && is_part_safe(k, line->figures));
		if (!is_safe && line->next) {
			has_changed |= !line->next->is_hidden;
			line->next->is_hidden = true;
		}
		clear_line(line);
	}
	return has_changed;
}

void protect_parts(unsigned k, struct protected_part *parts, size_t count)
{
	uint32_t line_count = count_lines(parts, count);
	struct line *lines = k ? calloc(line_count + 1, sizeof(*lines)) : NULL;

	for (size_t i = 0; k && i < count; i++) {
		parts[i].is_hidden |= !lines || !is_part_safe(k, parts[i].figures);
	}
	while (lines && hide_more(k, parts, count, lines, line_count)) {
		continue;
	}
	free(lines);
}

/* What is known of servers, written down and read back: the ids of apps, then entries that speak of
 * them by their place in that list. Numbers are the machine's own; state stays on it. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/attribute/server_profiles.h"
#include "analyzer/record/symbols.h"
#include "base/reader.h"

enum { ID_MOST = 64 };

/* From symbols to places in the list, from 1; places are given as apps are met. */
struct places {
	uint16_t of[SYMBOLS_MAX + 1], count;
};

static uint16_t place_of(struct places *places, struct text *ids, uint16_t app)
{
	if (places->of[app] == 0) {
		const char *id = symbol_name(SYMBOL_APP, app);
		places->of[app] = ++places->count;
		text_put_bytes(ids, id, strlen(id) + 1);
	}
	return places->of[app];
}

bool server_profiles_save(const struct server_profiles *known, struct text *text)
{
	struct places *places = calloc(1, sizeof(*places));
	struct text ids, entries;
	uint32_t counts[2] = { 0, 0 };

	text_init_heap(&ids);
	text_init_heap(&entries);
	for (uint32_t i = 0; places && i < server_profiles_size(known); i++) {
		struct known entry = *server_profiles_at(known, i);
		if (entry.hash == 0) {
			continue;
		}
		for (unsigned k = 0; k < KNOWN_APPS_MAX && entry.apps[k].app != 0; k++) {
			entry.apps[k].app = place_of(places, &ids, entry.apps[k].app);
		}
		text_put_bytes(&entries, (const char *)&entry, sizeof(entry));
		counts[1]++;
	}
	counts[0] = places ? places->count : 0;
	text_put_bytes(text, (const char *)counts, sizeof(counts));
	text_put_bytes(text, ids.at, ids.length);
	text_put_bytes(text, entries.at, entries.length);
	bool is_whole = places && !ids.truncated && !entries.truncated && !text->truncated;
	text_deinit(&ids);
	text_deinit(&entries);
	free(places);
	return is_whole;
}

/* An id that ends with a NUL; its symbol, which may be new: the app is gone for now. 0 where there
 * is none. */
static uint16_t read_app(struct reader *reader)
{
	const char *id = (const char *)reader->at;
	const char *end = memchr(id, '\0', reader_left(reader));

	if (!end || end - id > ID_MOST) {
		return 0;
	}
	reader_skip(reader, (size_t)(end - id) + 1);
	return symbol_of(SYMBOL_APP, id);
}

static bool read_entry(
	struct reader *reader, const uint16_t *apps, uint32_t app_count, struct known *entry)
{
	const uint8_t *bytes = reader_bytes(reader, sizeof(*entry));

	if (!bytes) {
		return false;
	}
	memcpy(entry, bytes, sizeof(*entry));
	for (unsigned k = 0; k < KNOWN_APPS_MAX; k++) {
		if (entry->apps[k].app > app_count) {
			return false;
		}
		entry->apps[k].app = apps[entry->apps[k].app];
	}
	return entry->hash != 0;
}

bool server_profiles_load(struct server_profiles *known, const char *content, size_t count)
{
	struct reader reader = reader_over(content, count);
	const uint8_t *head = reader_bytes(&reader, 2 * sizeof(uint32_t));
	uint32_t counts[2] = { 0, 0 };
	struct known entry;

	if (head) {
		memcpy(counts, head, sizeof(counts));
	}
	uint16_t *apps = calloc((size_t)SYMBOLS_MAX + 1, sizeof(*apps));
	bool is_good = head && apps && counts[0] <= SYMBOLS_MAX;
	for (uint32_t i = 1; is_good && i <= counts[0]; i++) {
		apps[i] = read_app(&reader);
		is_good = apps[i] != 0;
	}
	for (uint32_t i = 0; is_good && i < counts[1]; i++) {
		is_good = read_entry(&reader, apps, counts[0], &entry);
		if (is_good) {
			server_profiles_put(known, &entry);
		}
	}
	free(apps);
	return is_good && reader_left(&reader) == 0;
}

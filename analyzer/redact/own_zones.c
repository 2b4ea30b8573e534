#include "analyzer/redact/own_zones.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/reference.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/text.h"

static const struct state_part kept = { "own-zones", 1,
	"which zones of names are our own is learnt anew; until then host names in them may be "
	"written" };

struct own_zones {
	struct hash_key key;
	struct hash_table table; /* place in names */
	char **names;            /* OWN_ZONES_MAX */
	uint32_t count;
	uint64_t missed;
};

/* Names that are given out by nobody, and so are always of a network's own. */
static const char *const private_zones[] = { "local", "lan", "home", "corp", "internal", "intranet",
	"private", "localdomain", "localhost", "workgroup", "home.arpa" };

/* Second labels below which registries of countries give names out: three labels are a zone. */
static const char *const second_labels[] = { "co", "com", "net", "org", "ac", "gov", "edu", "or",
	"ne", "go", "ltd", "plc", "me", "nhs", "sch", "mil", "info", "kommune", "parti", "fhs",
	"vgs", "dep", "priv" };

struct own_zones *own_zones_create(void)
{
	struct own_zones *zones = calloc(1, sizeof(*zones));

	if (zones && !(zones->names = calloc(OWN_ZONES_MAX, sizeof(char *)))) {
		free(zones);
		return NULL;
	}
	if (zones) {
		zones->key = hash_key_random();
	}
	return zones;
}

void own_zones_destroy(struct own_zones *zones)
{
	if (!zones) {
		return;
	}
	for (uint32_t i = 0; i < zones->count; i++) {
		free(zones->names[i]);
	}
	free(zones->names);
	hash_table_deinit(&zones->table);
	free(zones);
}

static const char *before_label(const char *name, const char *at)
{
	for (at--; at > name && at[-1] != '.'; at--) {
	}
	return at;
}

static bool is_any_of(const char *label, size_t length, const char *const *labels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(labels[i]) == length && memcmp(labels[i], label, length) == 0) {
			return true;
		}
	}
	return false;
}

/* The last two labels, or three: what somebody has registered. NULL where there are no two. */
static const char *zone_of(const char *name)
{
	const char *end = name + strlen(name);
	const char *top = end > name ? before_label(name, end) : name;

	if (top == name) {
		return NULL;
	}
	const char *second = before_label(name, top);
	bool is_given_out =
		strlen(top) == 2 && is_any_of(second, (size_t)(top - 1 - second), second_labels,
					    sizeof(second_labels) / sizeof(second_labels[0]));
	return is_given_out && second > name ? before_label(name, second) : second;
}

static bool is_name(const void *names, uint32_t place, const void *name)
{
	return strcmp(((char *const *)names)[place], name) == 0;
}

static uint64_t hash_of(const struct own_zones *zones, const char *zone)
{
	return hash_bytes(&zones->key, zone, strlen(zone));
}

static bool knows(const struct own_zones *zones, const char *zone)
{
	return hash_table_find(&zones->table, hash_of(zones, zone), is_name, zones->names, zone) !=
	       HASH_TABLE_NONE;
}

void own_zones_learn(struct own_zones *zones, const char *zone)
{
	if (knows(zones, zone)) {
		return;
	}
	char *copy = zones->count < OWN_ZONES_MAX ? strdup(zone) : NULL;

	if (!copy || !hash_table_put(&zones->table, hash_of(zones, zone), zones->count)) {
		free(copy);
		zones->missed++;
		return;
	}
	zones->names[zones->count++] = copy;
}

bool own_zones_hold(const struct own_zones *zones, const char *name)
{
	const char *zone = zone_of(name);
	const char *top = strrchr(name, '.');

	top = top ? top + 1 : name;
	return is_any_of(top, strlen(top), private_zones,
		       sizeof(private_zones) / sizeof(private_zones[0])) ||
	       (zone && (strcmp(zone, "home.arpa") == 0 || (zones && knows(zones, zone))));
}

const char *own_zone_of(const struct reference *reference, const char *name)
{
	const char *zone = zone_of(name);

	return zone && !own_zones_hold(NULL, name) && strlen(zone) < OWN_ZONE_BYTES &&
			       catalogue_match_name(reference->catalogue, name, strlen(name)).app ==
				       0
		       ? zone
		       : NULL;
}

uint64_t own_zones_missed(const struct own_zones *zones)
{
	return zones->missed;
}

int own_zones_load(struct own_zones *zones, struct state *state, struct err *err)
{
	size_t count = 0;
	char *content;
	int status = state_load_part(state, &kept, &content, &count, err);

	for (size_t at = 0; content && at < count;) {
		size_t length = strnlen(content + at, count - at);
		if (length > 0 && at + length < count) {
			own_zones_learn(zones, content + at);
		}
		at += length + 1;
	}
	free(content);
	return status;
}

int own_zones_save(const struct own_zones *zones, struct state *state, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	for (uint32_t i = 0; i < zones->count; i++) {
		text_put_bytes(&text, zones->names[i], strlen(zones->names[i]) + 1);
	}
	int status = text.truncated ? err_set(err, ENOMEM, "state of own zones: out of memory")
				    : state_save(state, kept.name, kept.version, text.at,
					      text.length, err);
	text_deinit(&text);
	return status;
}

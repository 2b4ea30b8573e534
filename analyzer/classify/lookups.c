#include "analyzer/classify/lookups.h"

#include <stdlib.h>

#include "analyzer/classify/dns_questions.h"
#include "collector/reserve.h"

/* Of an entry of the names table. */
struct kept {
	struct lookup lookup;
	uint32_t number; /* among those that named a flow, from 1; 0 not yet */
};

struct named {
	uint32_t serial, number;
};

struct lookups {
	struct kept *kept; /* by entry */
	size_t names;
	uint64_t *asked; /* by question: its frame */
	struct lookup_place now;
	struct lookup answer;
	struct lookup *used; /* by number - 1 */
	uint32_t used_count, used_room;
	struct named *named;
	size_t named_count, named_room;
	bool is_sorted, is_short;
};

struct lookups *lookups_create(void)
{
	struct lookups *lookups = calloc(1, sizeof(*lookups));

	if (lookups) {
		lookups->asked = reserve_map(DNS_QUESTIONS * sizeof(*lookups->asked));
	}
	if (lookups && !lookups->asked) {
		free(lookups);
		lookups = NULL;
	}
	return lookups;
}

bool lookups_reserve(struct lookups *lookups, size_t names)
{
	lookups->names = names;
	lookups->kept = reserve_map(names * sizeof(*lookups->kept));
	return lookups->kept != NULL;
}

void lookups_destroy(struct lookups *lookups)
{
	if (!lookups) {
		return;
	}
	if (lookups->kept) {
		reserve_unmap(lookups->kept, lookups->names * sizeof(*lookups->kept));
	}
	reserve_unmap(lookups->asked, DNS_QUESTIONS * sizeof(*lookups->asked));
	free(lookups->used);
	free(lookups->named);
	free(lookups);
}

void lookups_at(struct lookups *lookups, const struct lookup_place *place)
{
	lookups->now = place ? *place : (struct lookup_place){ 0 };
	lookups->answer = (struct lookup){ 0 };
}

void lookups_ask(struct lookups *lookups, int32_t question)
{
	lookups->asked[question] = lookups->now.frame;
}

void lookups_answer(struct lookups *lookups, int32_t question)
{
	const struct lookup_place *now = &lookups->now;
	uint64_t first = now->is_stream ? 0 : question >= 0 ? lookups->asked[question] : now->frame;

	lookups->answer = (struct lookup){
		.first = first < now->frame ? first : now->frame,
		.last = now->is_reassembled ? now->latest : now->frame,
		.serial = now->serial,
	};
}

void lookups_keep(struct lookups *lookups, size_t entry)
{
	lookups->kept[entry] = (struct kept){ .lookup = lookups->answer };
}

/* Room for one more behind count of them. */
static bool grow(struct lookups *lookups, void **all, size_t bytes, size_t count, size_t *room)
{
	if (count < *room) {
		return true;
	}
	size_t more = *room ? *room * 2 : 1024;
	void *grown = realloc(*all, more * bytes);
	if (!grown) {
		lookups->is_short = true;
		return false;
	}
	*all = grown;
	*room = more;
	return true;
}

/* The number of an entry's look-up; 0 where there is none. */
static uint32_t number_of(struct lookups *lookups, struct kept *kept)
{
	size_t room = lookups->used_room;
	void *used = lookups->used;

	if (kept->number || !kept->lookup.serial ||
		!grow(lookups, &used, sizeof(struct lookup), lookups->used_count, &room)) {
		return kept->number;
	}
	lookups->used = used;
	lookups->used_room = (uint32_t)room;
	lookups->used[lookups->used_count++] = kept->lookup;
	return kept->number = lookups->used_count;
}

void lookups_name(struct lookups *lookups, size_t entry, uint32_t serial)
{
	uint32_t number = number_of(lookups, &lookups->kept[entry]);
	void *named = lookups->named;

	if (number && grow(lookups, &named, sizeof(struct named), lookups->named_count,
			      &lookups->named_room)) {
		lookups->named = named;
		lookups->named[lookups->named_count++] = (struct named){ serial, number };
		lookups->is_sorted = false;
	}
}

static int by_serial(const void *a, const void *b)
{
	const struct named *left = a, *right = b;

	return left->serial < right->serial ? -1 : left->serial > right->serial;
}

void lookups_of(struct lookups *lookups, uint32_t serial, lookups_take *take, void *context)
{
	const struct named key = { .serial = serial }, *found;
	size_t count = lookups->named_count;

	if (count == 0) {
		return;
	}
	if (!lookups->is_sorted) {
		qsort(lookups->named, count, sizeof(key), by_serial);
		lookups->is_sorted = true;
	}
	found = bsearch(&key, lookups->named, count, sizeof(key), by_serial);
	while (found && found > lookups->named && found[-1].serial == serial) {
		found--;
	}
	for (; found && found < lookups->named + count && found->serial == serial; found++) {
		take(context, &lookups->used[found->number - 1]);
	}
}

bool lookups_are_short(const struct lookups *lookups)
{
	return lookups->is_short;
}

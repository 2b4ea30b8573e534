#include "analyzer/policy/device_days.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/background.h"
#include "analyzer/policy/block.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/local_time.h"
#include "base/quick_hash.h"

enum {
	HOSTS_COUNTED = 4,
	OUTSIDE_BYTES_LEAST = 2500, /* a hello and two requests; a preview makes one */
	OWN_BYTES_LEAST = 20000,
	OCCASIONS_LEAST = 3,
	OWN_OCCASIONS_LEAST = 2,
	PENDING_MAX = 32, /* contacts of an app that are looked at when all of a day is known */
	BUCKETS = 25 * 3600 / 20, /* of 20 seconds, in the longest day */
	CONTACTS_MAX = 16,
	NOTED = 4096,
	DAYS_MAX = 200000,
};

#define BUCKET_NS   (20 * NS_PER_S)
#define OCCASION_NS (60 * NS_PER_S)

/* A device on a local day: when it opened pages. */
struct page_day {
	struct addr device;
	int64_t day;
	uint64_t start_ns;
	uint64_t pages[(BUCKETS + 63) / 64];
};

/* A contact with an app: when, to which host, how much was sent. */
struct touch {
	uint64_t start_ns;
	uint32_t host, bytes_up;
	uint8_t kind; /* enum host_kind */
};

struct app_day {
	struct addr device;
	int64_t day;
	uint16_t app;
	bool is_established, has_proof;
	uint32_t touch_count;
	struct touch touches[PENDING_MAX];
};

struct contact_list {
	struct addr device;
	uint32_t count;
	uint64_t times_ns[CONTACTS_MAX]; /* the first of each hour, the latest last */
};

struct table {
	struct hash_table index;
	void *items;
	uint32_t count, capacity;
	size_t item_bytes;
};

enum page_kind { PAGE_UNKNOWN, PAGE_MAYBE, PAGE_NEVER };

struct device_days {
	struct hash_key key;
	struct table pages, apps, tries, contacts;
	uint8_t page_kinds[UINT16_MAX + 1]; /* of apps, by symbol: enum page_kind */
	const struct catalogue *catalogue;  /* whose they are */
	struct local_day day;               /* that was asked for last, and its zone */
	const struct local_zone *zone;
	uint64_t noted[NOTED]; /* pages that were noted lately, by hash */
	bool has_day;
};

struct key {
	struct addr device;
	int64_t day;
	uint64_t app;
};

struct device_days *device_days_create(void)
{
	struct device_days *days = calloc(1, sizeof(*days));

	if (days) {
		days->key = hash_key_random();
		days->pages.item_bytes = sizeof(struct page_day);
		days->apps.item_bytes = sizeof(struct app_day);
		days->tries.item_bytes = sizeof(struct app_day);
		days->contacts.item_bytes = sizeof(struct contact_list);
	}
	return days;
}

static void free_table(struct table *table)
{
	hash_table_deinit(&table->index);
	free(table->items);
}

void device_days_destroy(struct device_days *days)
{
	if (days) {
		free_table(&days->pages);
		free_table(&days->apps);
		free_table(&days->tries);
		free_table(&days->contacts);
		free(days);
	}
}

static bool is_page_day(const void *items, uint32_t place, const void *key)
{
	const struct page_day *day = (const struct page_day *)items + place;
	const struct key *wanted = key;

	return day->day == wanted->day && addr_equal(&day->device, &wanted->device);
}

static bool is_app_day(const void *items, uint32_t place, const void *key)
{
	const struct app_day *day = (const struct app_day *)items + place;
	const struct key *wanted = key;

	return day->day == wanted->day && day->app == wanted->app &&
	       addr_equal(&day->device, &wanted->device);
}

static bool is_contact_list(const void *items, uint32_t place, const void *key)
{
	const struct contact_list *list = (const struct contact_list *)items + place;
	const struct key *wanted = key;

	return addr_equal(&list->device, &wanted->device);
}

/* The item of that key; made, zeroed, where it is new. A full table starts anew: what is lost makes
 * use harder to establish, never easier. */
static void *item_of(struct device_days *days, struct table *table, hash_table_is *is,
	const struct key *key, bool make, bool *is_new)
{
	uint64_t hash = hash_bytes(&days->key, key, sizeof(*key));
	uint32_t place = hash_table_find(&table->index, hash, is, table->items, key);

	*is_new = false;
	if (place != HASH_TABLE_NONE) {
		return (char *)table->items + place * table->item_bytes;
	}
	if (!make) {
		return NULL;
	}
	if (table->count == DAYS_MAX) {
		hash_table_clear(&table->index);
		table->count = 0;
	}
	if (table->count == table->capacity) {
		uint32_t capacity = table->capacity ? 2 * table->capacity : 64;
		void *items = realloc(table->items, capacity * table->item_bytes);
		if (!items) {
			return NULL;
		}
		table->items = items;
		table->capacity = capacity;
	}
	if (!hash_table_put(&table->index, hash, table->count)) {
		return NULL;
	}
	void *item = (char *)table->items + table->count++ * table->item_bytes;
	memset(item, 0, table->item_bytes);
	*is_new = true;
	return item;
}

/* The local day of a time; most times are of the day before. */
static const struct local_day *day_of(
	struct device_days *days, const struct local_zone *zone, uint64_t time_ns)
{
	if (!days->has_day || days->zone != zone || time_ns < days->day.start_ns ||
		time_ns >= days->day.end_ns) {
		days->day = local_day_of(zone, time_ns);
		days->zone = zone;
		days->has_day = true;
	}
	return &days->day;
}

static struct key key_of(struct device_days *days, const struct local_zone *zone,
	const struct record *record, uint16_t app)
{
	struct key key;

	memset(&key, 0, sizeof(key));
	key.device = record->device.identity;
	key.day = day_of(days, zone, record->flow.start_ns)->number;
	key.app = app;
	return key;
}

static bool names_its_server(const struct l7_info *l7)
{
	return l7->name_count > 0 &&
	       (l7->names[0].source == NAME_TLS_SNI || l7->names[0].source == NAME_QUIC_SNI ||
		       l7->names[0].source == NAME_HTTP_HOST);
}

static bool may_be_page(
	struct device_days *days, const struct catalogue *catalogue, uint16_t symbol)
{
	if (days->catalogue != catalogue) {
		memset(days->page_kinds, PAGE_UNKNOWN, sizeof(days->page_kinds));
		days->catalogue = catalogue;
	}
	if (days->page_kinds[symbol] == PAGE_UNKNOWN) {
		bool is_never = background_is_app(catalogue_app(catalogue, symbol));
		days->page_kinds[symbol] = is_never ? PAGE_NEVER : PAGE_MAYBE;
	}
	return days->page_kinds[symbol] == PAGE_MAYBE;
}

void device_days_see(struct device_days *days, const struct local_zone *zone,
	const struct catalogue *catalogue, const struct record *record)
{
	uint64_t time_ns = record->flow.start_ns;
	bool is_new;

	/* What somebody may have made up accuses nobody, and excuses nobody. */
	bool is_doubtful = verdict_is_hearsay(&record->verdict) ||
			   record->l7.findings >> L7_FINDING_CONTESTED & 1;
	if (!record_turns_out(record) || is_doubtful || record->flow.part != 0 ||
		!names_its_server(&record->l7) ||
		!may_be_page(days, catalogue, record->verdict.app)) {
		return;
	}
	uint64_t start_ns = day_of(days, zone, time_ns)->start_ns;
	uint64_t bucket = (time_ns - start_ns) / BUCKET_NS;
	/* Most pages are many connections. */
	uint64_t mark = quick_hash_addr(
		days->key.words[0] ^ (time_ns / BUCKET_NS), &record->device.identity);
	if (days->noted[mark % NOTED] == mark) {
		return;
	}
	days->noted[mark % NOTED] = mark;
	struct key key = key_of(days, zone, record, 0);
	struct page_day *day = item_of(days, &days->pages, is_page_day, &key, true, &is_new);
	if (!day) {
		return;
	}
	if (is_new) {
		day->device = key.device;
		day->day = key.day;
		day->start_ns = start_ns;
	}
	if (bucket < BUCKETS) {
		day->pages[bucket / 64] |= UINT64_C(1) << bucket % 64;
	}
}

static bool is_in_page(struct device_days *days, const struct key *key, uint64_t start_ns)
{
	struct key page_key = *key;
	bool is_new;

	page_key.app = 0;
	const struct page_day *day =
		item_of(days, &days->pages, is_page_day, &page_key, false, &is_new);
	if (!day || start_ns < day->start_ns) {
		return false;
	}
	uint64_t bucket = (start_ns - day->start_ns) / BUCKET_NS;
	for (unsigned back = 0; back < 2 && bucket >= back && bucket - back < BUCKETS; back++) {
		uint64_t at = bucket - back;
		if (day->pages[at / 64] >> at % 64 & 1) {
			return true;
		}
	}
	return false;
}

/* What a device sent of its own: no headers, and no acknowledgements. */
static uint32_t payload_up(const struct record *record)
{
	enum { TCP_HEADERS = 52, DATAGRAM_OVERHEAD = 70 };
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;
	uint64_t overhead =
		record->flow.packets[own] *
		(record->flow.protocol == IP_PROTOCOL_TCP ? TCP_HEADERS : DATAGRAM_OVERHEAD);
	uint64_t bytes = record->flow.bytes[own];

	bytes = bytes > overhead ? bytes - overhead : 0;
	return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

static int compare_touches(const void *left, const void *right)
{
	const struct touch *a = left, *b = right;

	return a->start_ns < b->start_ns ? -1 : a->start_ns > b->start_ns;
}

static bool is_known_host(
	const struct app_day *day, unsigned before, bool outside_only, const bool *in_page)
{
	for (unsigned i = 0; i < before; i++) {
		if (day->touches[i].host == day->touches[before].host &&
			!(outside_only && in_page[i])) {
			return true;
		}
	}
	return false;
}

/* The part of the published threshold that no page takes back. */
static bool is_proven(const struct app_day *day)
{
	unsigned hosts = 0, own = 0;
	uint64_t own_bytes = 0;

	for (unsigned i = 0; i < day->touch_count; i++) {
		const struct touch *touch = &day->touches[i];
		hosts += touch->host && !is_known_host(day, i, false, NULL);
		own += touch->kind == HOST_OF_APP;
		own_bytes += touch->kind == HOST_OF_APP ? touch->bytes_up : 0;
	}
	return day->has_proof || (hosts >= 2 && own > 0) || own_bytes >= OWN_BYTES_LEAST;
}

/* The whole of it, over all that is known of the day. A page may be known later than what stood in
 * it: its connection stays open. */
static bool is_established(struct device_days *days, const struct key *key, struct app_day *day)
{
	unsigned hosts_outside = 0, own_outside = 0, occasions = 0;
	uint64_t bytes_now = 0, bytes_most = 0, last_ns = 0;
	bool in_page[PENDING_MAX];

	qsort(day->touches, day->touch_count, sizeof(*day->touches), compare_touches);
	for (unsigned i = 0; i < day->touch_count; i++) {
		const struct touch *touch = &day->touches[i];
		in_page[i] = is_in_page(days, key, touch->start_ns);
		if (in_page[i]) {
			continue;
		}
		if (last_ns == 0 || touch->start_ns - last_ns >= OCCASION_NS) {
			occasions++;
			last_ns = touch->start_ns;
			bytes_now = 0;
		}
		bytes_now += touch->bytes_up;
		bytes_most = bytes_now > bytes_most ? bytes_now : bytes_most;
		hosts_outside += touch->host && !is_known_host(day, i, true, in_page);
		own_outside += touch->kind != HOST_ANY;
	}
	return is_proven(day) || bytes_most >= OUTSIDE_BYTES_LEAST ||
	       occasions >= OCCASIONS_LEAST || hosts_outside >= HOSTS_COUNTED ||
	       (hosts_outside >= 2 && own_outside > 0);
}

/* The day of a device with an app, made where it is new; NULL: no memory. */
static struct app_day *app_day_of(
	struct device_days *days, struct table *table, const struct key *key)
{
	bool is_new;
	struct app_day *day = item_of(days, table, is_app_day, key, true, &is_new);

	if (day && is_new) {
		day->device = key->device;
		day->day = key->day;
		day->app = (uint16_t)key->app;
	}
	return day;
}

void device_days_try(struct device_days *days, const struct local_zone *zone,
	const struct record *record, uint16_t app, const char *host)
{
	struct key key = key_of(days, zone, record, app);
	struct app_day *day = app_day_of(days, &days->tries, &key);
	bool passed = record->decision.block == BLOCK_PASSED;

	if (!day) {
		return;
	}
	day->has_proof |= passed && (record->verdict.evidence & 1 << EVIDENCE_PROTOCOL) != 0;
	if (day->touch_count < PENDING_MAX) {
		day->touches[day->touch_count++] = (struct touch){ .start_ns =
									   record->flow.start_ns,
			.host = host[0] ? (uint32_t)hash_bytes(&days->key, host, strlen(host)) : 0,
			.bytes_up = passed ? payload_up(record) : 0,
			.kind = host[0] ? (uint8_t)background_host_kind(host) : HOST_OF_APP };
	}
}

bool device_days_use(
	struct device_days *days, const struct local_zone *zone, const struct record *record)
{
	struct key key = key_of(days, zone, record, record->verdict.app);
	const char *host = l7_info_domain(&record->l7);
	struct app_day *day = app_day_of(days, &days->apps, &key);

	if (!day || day->is_established) {
		return day != NULL; /* nothing that follows takes it back */
	}
	day->has_proof |= (record->verdict.evidence & 1 << EVIDENCE_PROTOCOL) != 0;
	struct touch touch = { .start_ns = record->flow.start_ns,
		.host = host[0] ? (uint32_t)hash_bytes(&days->key, host, strlen(host)) : 0,
		.bytes_up = payload_up(record),
		.kind = (uint8_t)background_host_kind(host) };
	if (day->touch_count < PENDING_MAX) {
		day->touches[day->touch_count++] = touch;
	} else {
		day->touches[PENDING_MAX - 1].bytes_up += touch.bytes_up;
	}
	day->is_established = is_proven(day);
	return day->is_established;
}

bool device_days_is_use(
	struct device_days *days, const struct local_zone *zone, const struct record *record)
{
	struct key key = key_of(days, zone, record, record->verdict.app);
	bool is_new;
	struct app_day *day = item_of(days, &days->apps, is_app_day, &key, false, &is_new);

	if (!day) {
		return false;
	}
	if (!day->is_established) {
		day->is_established = is_established(days, &key, day);
	}
	return day->is_established;
}

/* How often, a minute apart, the device turned to hosts that no page embeds, outside of pages. */
static unsigned own_occasions(struct device_days *days, const struct key *key, struct app_day *day)
{
	unsigned occasions = 0;
	uint64_t last_ns = 0;

	qsort(day->touches, day->touch_count, sizeof(*day->touches), compare_touches);
	for (unsigned i = 0; i < day->touch_count; i++) {
		const struct touch *touch = &day->touches[i];
		bool is_later = last_ns == 0 || touch->start_ns - last_ns >= OCCASION_NS;
		if (touch->kind != HOST_ANY && is_later &&
			!is_in_page(days, key, touch->start_ns)) {
			occasions++;
			last_ns = touch->start_ns;
		}
	}
	return occasions;
}

bool device_days_is_installed(
	struct device_days *days, const struct addr *device, int64_t day_number, uint16_t app)
{
	struct key key;
	bool is_new;

	memset(&key, 0, sizeof(key));
	key.device = *device;
	key.day = day_number;
	key.app = app;
	struct app_day *day = item_of(days, &days->apps, is_app_day, &key, false, &is_new);
	if (day && is_established(days, &key, day)) {
		return true;
	}
	day = item_of(days, &days->tries, is_app_day, &key, false, &is_new);
	return day && (day->has_proof || own_occasions(days, &key, day) >= OWN_OCCASIONS_LEAST);
}

static struct key contact_key(const struct record *record)
{
	struct key key;

	memset(&key, 0, sizeof(key));
	key.device = record->device.identity;
	return key;
}

void device_days_contact(struct device_days *days, const struct record *record)
{
	enum { APART_S = 3600 };
	struct key key = contact_key(record);
	bool is_new;
	struct contact_list *list =
		item_of(days, &days->contacts, is_contact_list, &key, true, &is_new);
	uint64_t at_ns = record->flow.start_ns;
	uint32_t place;

	if (!list) {
		return;
	}
	list->device = key.device;
	for (place = list->count; place > 0 && list->times_ns[place - 1] > at_ns; place--) {
	}
	if (place > 0 && at_ns - list->times_ns[place - 1] < APART_S * NS_PER_S) {
		return;
	}
	if (list->count == CONTACTS_MAX) {
		if (place == 0) {
			return;
		}
		memmove(list->times_ns, list->times_ns + 1, (place - 1) * sizeof(uint64_t));
		place--;
	} else {
		memmove(list->times_ns + place + 1, list->times_ns + place,
			(list->count - place) * sizeof(uint64_t));
		list->count++;
	}
	list->times_ns[place] = at_ns;
}

static const struct contact_list *contacts_of(
	const struct device_days *days, const struct record *record)
{
	struct key key = contact_key(record);
	uint64_t hash = hash_bytes(&days->key, &key, sizeof(key));
	uint32_t place = hash_table_find(
		&days->contacts.index, hash, is_contact_list, days->contacts.items, &key);

	return place == HASH_TABLE_NONE ? NULL
					: (const struct contact_list *)days->contacts.items + place;
}

uint64_t device_days_last_contact(const struct device_days *days, const struct record *record)
{
	const struct contact_list *list = contacts_of(days, record);
	uint64_t last_ns = 0;

	for (uint32_t i = 0; list && i < list->count; i++) {
		if (list->times_ns[i] <= record->flow.start_ns) {
			last_ns = list->times_ns[i];
		}
	}
	return last_ns;
}

bool device_days_has_contact_today(
	struct device_days *days, const struct local_zone *zone, const struct record *record)
{
	const struct contact_list *list = contacts_of(days, record);
	struct local_day day;

	if (!list) {
		return false;
	}
	day = local_day_of(zone, record->flow.start_ns);
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->times_ns[i] >= day.start_ns && list->times_ns[i] < day.end_ns) {
			return true;
		}
	}
	return false;
}

#include "analyzer/alert/suppression.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "analyzer/alert/alert.h"
#include "analyzer/alert/alert_entry.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

enum { READ_LEAST = 16 };

/* The texts of a suppression, by the names of their fields. */
struct suppression_text {
	const char *name;
	size_t offset, room;
};
#define TEXT(name)                                                                                 \
	{                                                                                          \
#name, offsetof(struct suppression, name),                                         \
			sizeof(((struct suppression *)NULL)->name)                                 \
	}
static const struct suppression_text texts[] = { TEXT(kind), TEXT(app), TEXT(unit), TEXT(device),
	TEXT(destination), TEXT(cidr), TEXT(owner), TEXT(reason) };

enum { TEXT_COUNT = sizeof(texts) / sizeof(texts[0]) };

static char *text_at(const struct suppression *suppression, unsigned at)
{
	return (char *)suppression + texts[at].offset;
}

/* Nobody means all networks, nor bits that count for nothing. */
static int check_network(const char *cidr, struct prefix *network, struct err *err)
{
	char whole[ADDR_TEXT_MAX + 4], address[ADDR_TEXT_MAX];
	struct addr addr;

	if (!prefix_parse(cidr, network)) {
		return err_set(err, EINVAL,
			"%s: expected a network such as 192.0.2.0/24 or 2001:db8::/32", cidr);
	}
	if (network->bits == 0 || (network->bits == 96 && addr_is_v4(&network->addr))) {
		return err_set(err, EINVAL, "%s is every network, and no scope", cidr);
	}
	snprintf(address, sizeof(address), "%.*s", (int)strcspn(cidr, "/"), cidr);
	if (addr_parse(address, &addr) && !addr_equal(&addr, &network->addr)) {
		prefix_format(network, whole);
		return err_set(err, EINVAL,
			"%s: %s is an address in a network; did you mean %s, or %s alone?", cidr,
			address, whole, address);
	}
	return 0;
}

int suppression_check(struct suppression *suppression, struct err *err)
{
	const struct suppression *s = suppression;

	if (s->kind[0] == '\0' && s->app[0] == '\0' && s->unit[0] == '\0' && s->device[0] == '\0' &&
		s->cidr[0] == '\0') {
		return err_set(err, EINVAL,
			"a suppression names what it is about: a kind, an app, a unit, a pair or a "
			"network");
	}
	if ((s->device[0] == '\0') != (s->destination[0] == '\0')) {
		return err_set(err, EINVAL, "a pair is a device and where it calls");
	}
	if (s->cidr[0] != '\0' && check_network(s->cidr, &suppression->network, err) < 0) {
		return -EINVAL;
	}
	if (s->owner[0] == '\0' || s->reason[0] == '\0') {
		return err_set(err, EINVAL, "a suppression has an owner and a reason");
	}
	if (s->until_ns <= s->made_ns || s->until_ns - s->made_ns > SUPPRESSION_DAYS_MAX * DAY_NS) {
		return err_set(err, EINVAL,
			"a suppression ends: expected a time to come, at most %d days away",
			SUPPRESSION_DAYS_MAX);
	}
	return 0;
}

static const char *argument(const struct alert *alert, const char *name)
{
	const struct finding_argument *found = finding_argument(&alert->finding, name);

	return found ? found->text : "";
}

static const char *either(const char *first, const char *second)
{
	return first[0] != '\0' ? first : second;
}

static void take_case(struct suppression_subject *subject, const struct alert_case *of)
{
	subject->unit = symbol_name(SYMBOL_UNIT, of->unit);
	if (of->app_count == 1 && !of->apps_more) {
		subject->app = symbol_name(SYMBOL_APP, of->apps[0]);
	}
	if (of->devices == 1 && !of->has_unnamed) {
		addr_format(&of->device, subject->device_text);
		subject->device = either(of->pseudonym, subject->device_text);
		subject->destination = of->domain;
	}
}

void suppression_subject_of_alert(struct suppression_subject *subject, const struct alert *alert)
{
	*subject = (struct suppression_subject){ .kind = alert_kind_name(alert->kind),
		.app = "",
		.unit = "",
		.device = "",
		.destination = "",
		.time_ns = alert->last_ns };
	if (alert_is_of_policy(alert)) {
		take_case(subject, &alert->of);
	} else if (alert_is_finding(alert)) {
		subject->app = argument(alert, "app");
		subject->unit = argument(alert, "unit");
		subject->device = argument(alert, "device");
		subject->destination = either(argument(alert, "place"), argument(alert, "address"));
	}
}

void suppression_subject_of_entry(
	struct suppression_subject *subject, const struct alert_entry *entry)
{
	const struct json_doc *doc = entry->latest;
	unsigned apps = doc ? json_doc_count(doc, "borderflow.alert.apps") : 0;

	*subject = (struct suppression_subject){ .kind = entry->kind,
		.app = apps > 1 ? "" : entry->app,
		.unit = entry->unit,
		.device = entry->device,
		.destination = "",
		.time_ns = entry->last_ns };
	if (doc) {
		subject->destination = either(json_doc_text(doc, "destination.domain"),
			either(json_doc_text(doc, "borderflow.alert.place"),
				json_doc_text(doc, "borderflow.alert.address")));
	}
	if (entry->device[0] == '\0') {
		subject->destination = "";
	}
}

static bool is_in(const struct prefix *network, const char *text)
{
	struct addr addr;

	return addr_parse(text, &addr) && prefix_contains(network, &addr);
}

static bool is_kind(const char *wanted, const char *kind)
{
	size_t length = strlen(wanted);

	return strncmp(kind, wanted, length) == 0 && (kind[length] == '\0' || kind[length] == '.');
}

static bool is_same(const char *wanted, const char *found)
{
	return wanted[0] == '\0' || strcmp(wanted, found) == 0;
}

bool suppression_covers(
	const struct suppression *suppression, const struct suppression_subject *subject)
{
	const struct suppression *s = suppression;

	return (s->kind[0] == '\0' || is_kind(s->kind, subject->kind)) &&
	       is_same(s->app, subject->app) && is_same(s->unit, subject->unit) &&
	       is_same(s->device, subject->device) &&
	       is_same(s->destination, subject->destination) &&
	       (s->cidr[0] == '\0' || is_in(&s->network, subject->device) ||
		       is_in(&s->network, subject->destination));
}

int suppression_read_record(
	struct suppression *suppression, const char *id, const struct alert_record *record)
{
	*suppression = (struct suppression){ .made_ns = alert_record_number(record, "made"),
		.until_ns = alert_record_number(record, "until") };
	snprintf(suppression->id, sizeof(suppression->id), "%s", id);
	for (unsigned i = 0; i < TEXT_COUNT; i++) {
		snprintf(text_at(suppression, i), texts[i].room, "%s",
			alert_record_get(record, texts[i].name));
	}
	return suppression->cidr[0] != '\0' &&
			       !prefix_parse(suppression->cidr, &suppression->network)
		       ? -EBADMSG
		       : 0;
}

struct reading {
	struct suppressions *suppressions;
	unsigned capacity;
	uint64_t now_ns;
};

static int take_record(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	struct reading *reading = context;
	struct suppressions *list = reading->suppressions;
	struct suppression one;

	if (suppression_read_record(&one, id, record) < 0 || one.until_ns <= reading->now_ns ||
		list->count == SUPPRESSIONS_MAX) {
		return 0;
	}
	if (list->count == reading->capacity) {
		reading->capacity = reading->capacity ? 2 * reading->capacity : READ_LEAST;
		struct suppression *grown =
			realloc(list->items, reading->capacity * sizeof(*grown));
		if (!grown) {
			return err_set(err, ENOMEM, "out of memory");
		}
		list->items = grown;
	}
	list->items[list->count++] = one;
	return 0;
}

int suppressions_read(struct alert_store *store, uint64_t now_ns, struct suppressions *suppressions,
	struct err *err)
{
	struct reading reading = { .suppressions = suppressions, .now_ns = now_ns };

	*suppressions = (struct suppressions){ 0 };
	int status = alert_store_list(store, 's', take_record, &reading, NULL, err);
	if (status < 0) {
		suppressions_free(suppressions);
	}
	return status;
}

void suppressions_free(struct suppressions *suppressions)
{
	free(suppressions->items);
	*suppressions = (struct suppressions){ 0 };
}

const struct suppression *suppressions_find(const struct suppressions *suppressions,
	const struct suppression_subject *subject, uint64_t now_ns)
{
	for (unsigned i = 0; i < suppressions->count; i++) {
		const struct suppression *one = &suppressions->items[i];
		if (now_ns < one->until_ns && suppression_covers(one, subject)) {
			return one;
		}
	}
	return NULL;
}

static int set_number(
	struct alert_record *record, const char *name, uint64_t number, struct err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return alert_record_set(record, name, text, err);
}

int suppression_write(struct alert_store *store, struct suppression *suppression, struct err *err)
{
	struct alert_record fields = { 0 };
	uint64_t chance = 0;
	int status = suppression_check(suppression, err);

	if (status == 0 && getrandom(&chance, sizeof(chance), 0) != sizeof(chance)) {
		status = err_set(err, EIO, "no random numbers");
	}
	snprintf(suppression->id, sizeof(suppression->id), "s%016" PRIx64, chance);
	for (unsigned i = 0; i < TEXT_COUNT && status == 0; i++) {
		status = alert_record_set(&fields, texts[i].name, text_at(suppression, i), err);
	}
	if (status == 0) {
		status = set_number(&fields, "made", suppression->made_ns, err);
	}
	if (status == 0) {
		status = set_number(&fields, "until", suppression->until_ns, err);
	}
	if (status == 0) {
		status = alert_store_write(store,
			&(struct alert_change){ .id = suppression->id,
				.revision = ALERT_REVISION_NEW,
				.time_ns = suppression->made_ns,
				.fields = &fields },
			NULL, err);
	}
	alert_record_clear(&fields);
	return status;
}

int suppression_lift(struct alert_store *store, const char *id, uint64_t now_ns, struct err *err)
{
	struct alert_record record = { 0 }, fields = { 0 };
	int status = id[0] == 's' ? alert_store_read(store, id, &record, err)
				  : err_set(err, EINVAL, "\"%.40s\" is no id of a suppression", id);

	if (status == 0) {
		status = set_number(&fields, "until", now_ns, err);
	}
	if (status == 0) {
		status = alert_store_write(store,
			&(struct alert_change){ .id = id,
				.revision = alert_record_number(&record, "rev"),
				.fields = &fields },
			NULL, err);
	}
	alert_record_clear(&record);
	alert_record_clear(&fields);
	return status;
}

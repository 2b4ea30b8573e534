#include "analyzer/alert/alert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/block.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/local_time.h"

enum { EPISODES_MAX = 100000, OUTPUTS_MAX = 8, EPISODES_LEAST = 32 };

#define DAY_NS (24 * 3600 * NS_PER_S)

struct episode {
	struct alert alert;
	bool changed; /* since it was last written */
	bool written;
};

struct open_output {
	const struct alert_output_ops *ops;
	struct alert_output *output;
	bool failed; /* said once, then left alone: a server that is away must not cost a wait an
			alert */
};

struct alerts {
	struct hash_key id_key;
	struct episode **episodes; /* in order of first sight */
	struct hash_table table;   /* place in episodes by id */
	size_t count, capacity;
	uint64_t missed;
	uint64_t forgot_day; /* when it last looked for episodes to forget */
	struct open_output outputs[OUTPUTS_MAX];
	unsigned output_count;
};

const char *alert_kind_name(enum alert_kind kind)
{
	static const char *const names[] = {
#define X(id, name) name,
		ALERT_KINDS(X)
#undef X
	};

	return kind < ALERT_KIND_COUNT ? names[kind] : "";
}

struct alerts *alerts_create(void)
{
	struct alerts *alerts = calloc(1, sizeof(*alerts));

	if (!alerts) {
		return NULL;
	}
	/* Ids must be the same from run to run; the pseudonym brings the secret. */
	alerts->id_key = hash_key_fixed("borderflow alert");
	return alerts;
}

void alerts_destroy(struct alerts *alerts)
{
	if (!alerts) {
		return;
	}
	for (unsigned i = 0; i < alerts->output_count; i++) {
		alerts->outputs[i].ops->close(alerts->outputs[i].output, NULL);
	}
	for (size_t i = 0; i < alerts->count; i++) {
		free(alerts->episodes[i]);
	}
	free(alerts->episodes);
	hash_table_deinit(&alerts->table);
	free(alerts);
}

int alerts_add_output(struct alerts *alerts, const struct alert_output_ops *ops, const char *target,
	struct err *err)
{
	struct alert_output *output;
	int status;

	if (alerts->output_count == OUTPUTS_MAX) {
		return err_set(err, ENOSPC, "more than %d outputs for alerts", OUTPUTS_MAX);
	}
	status = ops->open(&output, target, err);
	if (status == 0) {
		alerts->outputs[alerts->output_count++] =
			(struct open_output){ ops, output, false };
	}
	return status;
}

int alerts_add_feed(struct alerts *alerts, struct outbox *outbox, struct err *err)
{
	struct alert_output *output;
	int status;

	if (alerts->output_count == OUTPUTS_MAX) {
		return err_set(err, ENOSPC, "more than %d outputs for alerts", OUTPUTS_MAX);
	}
	status = alert_output_feed_open(&output, outbox, err);
	if (status == 0) {
		alerts->outputs[alerts->output_count++] =
			(struct open_output){ &alert_output_redis, output, false };
	}
	return status;
}

/* What an episode is about, as bytes to hash. */
struct identity {
	uint64_t day;
	uint8_t kind;
	char device[PSEUDONYM_LENGTH + 1];
	struct addr address; /* zero where there is a pseudonym */
	char app[64];
};

/* The app; where nobody knows it, what was denied is what the rule says. */
static void put_subject(const struct record *record, char *subject, size_t size)
{
	const char *app = symbol_name(SYMBOL_APP, record->verdict.app);

	if (app[0] != '\0') {
		memcpy(subject, app, strnlen(app, size));
	} else {
		snprintf(subject, size, "unknown by %s",
			symbol_name(SYMBOL_RULE, record->decision.rule));
	}
}

static uint64_t make_id(const struct alerts *alerts, const struct pseudonyms *pseudonyms,
	const struct local_zone *zone, const struct record *record, enum alert_kind kind,
	char pseudonym[PSEUDONYM_LENGTH + 1])
{
	struct identity identity;

	memset(&identity, 0, sizeof(identity));
	memset(pseudonym, 0, PSEUDONYM_LENGTH + 1);
	identity.day = (uint64_t)local_day_of(zone, record->flow.start_ns).number;
	identity.kind = (uint8_t)kind;
	if (pseudonyms) {
		pseudonyms_of_device(pseudonyms, &record->device, record->flow.start_ns, pseudonym);
		memcpy(identity.device, pseudonym, PSEUDONYM_LENGTH);
	} else {
		identity.address = record->device.identity;
	}
	put_subject(record, identity.app, sizeof(identity.app));
	return hash_bytes(&alerts->id_key, &identity, sizeof(identity));
}

static bool is_episode(const void *episodes, uint32_t place, const void *id)
{
	return ((struct episode *const *)episodes)[place]->alert.id == *(const uint64_t *)id;
}

static struct episode *find_episode(const struct alerts *alerts, uint64_t id)
{
	uint32_t place = hash_table_find(&alerts->table, id, is_episode, alerts->episodes, &id);

	return place == HASH_TABLE_NONE ? NULL : alerts->episodes[place];
}

static bool make_room(struct alerts *alerts)
{
	size_t grown = alerts->capacity ? 2 * alerts->capacity : EPISODES_LEAST;

	if (alerts->count < alerts->capacity) {
		return true;
	}
	struct episode **episodes = realloc(alerts->episodes, grown * sizeof(struct episode *));
	if (episodes) {
		alerts->episodes = episodes;
		alerts->capacity = grown;
	}
	return episodes != NULL;
}

static struct episode *begin_episode(struct alerts *alerts, const struct geo *geo,
	const struct record *record, uint64_t id, const char *pseudonym)
{
	struct episode *episode = NULL;

	if (alerts->count == EPISODES_MAX || !make_room(alerts) ||
		!(episode = calloc(1, sizeof(*episode))) ||
		!hash_table_put(&alerts->table, id, (uint32_t)alerts->count)) {
		free(episode);
		alerts->missed++;
		return NULL;
	}
	alerts->episodes[alerts->count++] = episode;
	episode->alert = (struct alert){
		.id = id,
		.kind = ALERT_POLICY_VIOLATION,
		.first_ns = record->flow.start_ns,
		.device = *record_own_addr(record),
		.app = record->verdict.app,
		.rule = record->decision.rule,
		.unit = record->decision.unit,
		.class_ = record->decision.class_,
		.place = record->place,
		.verdict = record->verdict,
	};
	memcpy(episode->alert.pseudonym, pseudonym, PSEUDONYM_LENGTH);
	strcpy(episode->alert.domain, l7_info_domain(&record->l7));
	snprintf(episode->alert.organization, sizeof(episode->alert.organization), "%s",
		geo ? geo_organization(geo, record->place.organization) : "");
	return episode;
}

static void add_country(struct alert *alert, const char *country)
{
	unsigned i = 0;

	while (i < ALERT_COUNTRIES_MAX && alert->server_countries[i][0] != '\0' &&
		strcmp(alert->server_countries[i], country) != 0) {
		i++;
	}
	if (i < ALERT_COUNTRIES_MAX) {
		memcpy(alert->server_countries[i], country, sizeof(alert->server_countries[i]));
	}
}

/* The parts of a flow before the service answered were no violation; with the first one after it
 * the whole flow counts. */
static void add_record(struct alert *alert, const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	bool is_counted_before = service_had_answered(record);
	unsigned device = record->own_side == RECORD_SOURCE ? 0 : 1;

	if (!is_counted_before || alert->flows == 0) {
		alert->flows++;
		if (alert->flow_id_count < ALERT_FLOWS_MAX) {
			alert->flow_ids[alert->flow_id_count++] = flow->flow_id;
		}
	}
	alert->bytes_up += is_counted_before ? flow->bytes[device] : flow->total_bytes[device];
	alert->bytes_down +=
		is_counted_before ? flow->bytes[1 - device] : flow->total_bytes[1 - device];
	if (flow->start_ns < alert->first_ns) {
		alert->first_ns = flow->start_ns;
	}
	if (flow->end_ns > alert->last_ns) {
		alert->last_ns = flow->end_ns;
	}
	add_country(alert, record->place.country);
	if (record->verdict.confidence > alert->verdict.confidence) {
		alert->verdict = record->verdict;
		strcpy(alert->domain, l7_info_domain(&record->l7));
	}
}

static enum alert_kind kind_of(
	const struct policy *policy, const struct record *record, uint16_t *exception)
{
	bool is_over;

	*exception = 0;
	if (record->decision.verdict == POLICY_VERDICT_UNAPPROVED) {
		return ALERT_POLICY_NOT_APPROVED;
	}
	*exception = policy_lapsed_exception(policy, record, &is_over);
	return *exception == 0 ? ALERT_POLICY_VIOLATION
	       : is_over       ? ALERT_POLICY_EXCEPTION_EXPIRED
			       : ALERT_POLICY_EXCEPTION_CONDITION;
}

static void take_record(
	struct alerts *alerts, const struct reference *reference, const struct record *record)
{
	char pseudonym[PSEUDONYM_LENGTH + 1];
	uint16_t exception;
	enum alert_kind kind = kind_of(reference->policy, record, &exception);
	const struct local_zone *zone = policy_header(reference->policy)->zone;
	uint64_t id = make_id(alerts, reference->pseudonyms, zone, record, kind, pseudonym);
	struct episode *episode = find_episode(alerts, id);

	if (!episode) {
		episode = begin_episode(alerts, reference->geo, record, id, pseudonym);
		if (episode) {
			episode->alert.kind = (uint8_t)kind;
			episode->alert.exception = exception;
		}
	}
	if (episode) {
		add_record(&episode->alert, record);
		episode->changed = true;
	}
}

void alerts_take(struct alerts *alerts, const struct reference *reference,
	const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t verdict = records[i].decision.verdict;
		if (verdict == POLICY_VERDICT_VIOLATION || verdict == POLICY_VERDICT_UNAPPROVED) {
			take_record(alerts, reference, &records[i]);
		}
	}
}

static int compare_episodes(const void *left, const void *right)
{
	const struct alert *a = &(*(struct episode *const *)left)->alert;
	const struct alert *b = &(*(struct episode *const *)right)->alert;

	if (a->first_ns != b->first_ns) {
		return a->first_ns < b->first_ns ? -1 : 1;
	}
	return a->id < b->id ? -1 : a->id > b->id;
}

static int write_to_outputs(struct alerts *alerts, const struct alert *alert,
	const struct reference *reference, struct err *err)
{
	int first = 0;

	for (unsigned i = 0; i < alerts->output_count; i++) {
		struct err output_err;
		struct open_output *open = &alerts->outputs[i];
		int status = open->failed ? 0
					  : open->ops->write(
						    open->output, alert, reference, &output_err);
		open->failed = open->failed || status < 0;
		if (status < 0 && first == 0) {
			first = status;
			*err = output_err;
		}
	}
	return first;
}

int alerts_write(struct alerts *alerts, const struct reference *reference, struct err *err)
{
	struct episode **changed = calloc(alerts->count + 1, sizeof(struct episode *));
	size_t count = 0;
	int first = 0;

	if (!changed) {
		return err_set(err, ENOMEM, "alerts: out of memory");
	}
	for (size_t i = 0; i < alerts->count; i++) {
		if (alerts->episodes[i]->changed) {
			changed[count++] = alerts->episodes[i];
		}
	}
	qsort(changed, count, sizeof(struct episode *), compare_episodes);
	for (size_t i = 0; i < count; i++) {
		struct err alert_err;
		changed[i]->alert.revision += changed[i]->written;
		changed[i]->written = true;
		changed[i]->changed = false;
		int status = write_to_outputs(alerts, &changed[i]->alert, reference, &alert_err);
		if (status < 0 && first == 0) {
			first = status;
			*err = alert_err;
		}
	}
	free(changed);
	return first;
}

int alerts_finish(struct alerts *alerts, const struct reference *reference, struct err *err)
{
	int first = alerts_write(alerts, reference, err);

	for (unsigned i = 0; i < alerts->output_count; i++) {
		struct err close_err;
		int status = alerts->outputs[i].ops->close(alerts->outputs[i].output, &close_err);
		if (status < 0 && first == 0) {
			first = status;
			*err = close_err;
		}
	}
	alerts->output_count = 0;
	return first;
}

/* Frees the places of episodes that were let go (NULL), and finds the others again. */
static void close_ranks(struct alerts *alerts)
{
	size_t kept = 0;

	for (size_t i = 0; i < alerts->count; i++) {
		if (alerts->episodes[i]) {
			alerts->episodes[kept++] = alerts->episodes[i];
		}
	}
	alerts->count = kept;
	hash_table_clear(&alerts->table); /* which has had room for more */
	for (size_t i = 0; i < kept; i++) {
		hash_table_put(&alerts->table, alerts->episodes[i]->alert.id, (uint32_t)i);
	}
}

static void let_go(struct alerts *alerts, size_t place)
{
	free(alerts->episodes[place]);
	alerts->episodes[place] = NULL;
}

void alerts_forget_before(struct alerts *alerts, uint64_t time_ns)
{
	if (time_ns / DAY_NS == alerts->forgot_day) {
		return;
	}
	alerts->forgot_day = time_ns / DAY_NS;
	for (size_t i = 0; i < alerts->count; i++) {
		const struct episode *episode = alerts->episodes[i];
		if (episode->alert.last_ns < time_ns && !episode->changed) {
			let_go(alerts, i);
		}
	}
	close_ranks(alerts);
}

size_t alerts_latest(const struct alerts *alerts, const struct alert **latest, size_t count)
{
	size_t found = 0;

	for (size_t i = alerts->count; i > 0 && found < count; i--) {
		latest[found++] = &alerts->episodes[i - 1]->alert;
	}
	return found;
}

uint64_t alerts_count(const struct alerts *alerts)
{
	return alerts->count;
}

uint64_t alerts_missed(const struct alerts *alerts)
{
	return alerts->missed;
}

#include "analyzer/attribute/behaviour.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/attribute/app_likelihood.h"
#include "analyzer/attribute/device_activity.h"
#include "analyzer/attribute/flow_shapes.h"
#include "analyzer/attribute/server_profiles.h"
#include "base/quick_hash.h"
#include "analyzer/record/state.h"
#include "base/clock.h"
#include "base/text.h"

enum {
	SERVERS_LIMIT = 65536,
	DEVICES_LIMIT = 4096,
	CONFIDENCE_TEACHES = 75,
	ANSWER_LEAST = 200, /* bytes: more than a handshake that came to nothing */
	IP_PROTOCOL_TCP = 6,
	IP_PROTOCOL_UDP = 17,
};

/* From this share on, what came down counts as the app's. */
static const double believed = 0.5;

struct behaviour {
	struct server_profiles *known;
	struct device_activities *windows; /* what named flows were of, and when all flows began */
	struct device_activities *hidden;  /* what is believed of those without a name */
	struct device_activities
		*later; /* the same of those that came later; its clock runs back */
	struct flow_shapes *shapes;
	struct behaviour_stats stats;
};

struct behaviour *behaviour_create(const struct behaviour_options *options)
{
	struct behaviour *behaviour = calloc(1, sizeof(*behaviour));

	if (!behaviour) {
		return NULL;
	}
	behaviour->known = server_profiles_create(
		options->servers_limit ? options->servers_limit : SERVERS_LIMIT);
	uint32_t devices = options->devices_limit ? options->devices_limit : DEVICES_LIMIT;
	behaviour->windows = device_activities_create(devices);
	behaviour->hidden = device_activities_create(devices);
	behaviour->later = device_activities_create(devices);
	behaviour->shapes = flow_shapes_create();
	if (!behaviour->known || !behaviour->windows || !behaviour->hidden || !behaviour->later ||
		!behaviour->shapes) {
		behaviour_destroy(behaviour);
		return NULL;
	}
	return behaviour;
}

void behaviour_destroy(struct behaviour *behaviour)
{
	if (behaviour) {
		server_profiles_destroy(behaviour->known);
		device_activities_destroy(behaviour->windows);
		device_activities_destroy(behaviour->hidden);
		device_activities_destroy(behaviour->later);
		flow_shapes_destroy(behaviour->shapes);
		free(behaviour);
	}
}

/* Did one of our devices go out there, and was something answered? */
static bool is_exchange(const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	bool ours = record->direction == RECORD_DIRECTION_OUTBOUND ||
		    (record->direction == RECORD_DIRECTION_INBOUND && !flow->start_seen);
	bool carries = flow->protocol == IP_PROTOCOL_TCP || flow->protocol == IP_PROTOCOL_UDP;

	return ours && carries && !record_is_hearsay(record) &&
	       flow->total_bytes[0] >= ANSWER_LEAST && flow->total_bytes[1] >= ANSWER_LEAST;
}

static bool has_name(const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		if (l7->names[i].source < NAME_ECH_OUTER) {
			return true;
		}
	}
	return false;
}

/* Protocols under which apps hide; the others name themselves. */
static bool may_hide(const struct l7_info *l7)
{
	return l7->protocol == L7_UNKNOWN || l7->protocol == L7_TLS || l7->protocol == L7_DTLS ||
	       l7->protocol == L7_QUIC || l7->protocol == L7_HTTP || l7->protocol == L7_HTTP2;
}

/* An address alone may have shown whose infrastructure it is: that is no app yet. */
static bool is_hidden(const struct catalogue *catalogue, const struct record *record)
{
	const struct app *app = catalogue_app(catalogue, record->verdict.app);

	return may_hide(&record->l7) && !has_name(&record->l7) &&
	       (!app || (app->shared && record->verdict.evidence == 1 << EVIDENCE_PREFIX));
}

static bool is_app_of_interest(const struct app *app)
{
	return app && !app->shared && !app->embedded && !app->hides;
}

/* Which app a flow with a name teaches: 0 for names of something else, a tracker's and a cloud's
 * among them. False where it teaches nothing. */
static bool teaches(const struct catalogue *catalogue, const struct record *record, uint16_t *app)
{
	const struct verdict *verdict = &record->verdict;
	bool is_app =
		is_app_of_interest(catalogue_app(catalogue, verdict->app)) && !verdict->embedded;
	uint16_t by_hello = 1 << EVIDENCE_TLS_SNI | 1 << EVIDENCE_QUIC_SNI |
			    1 << EVIDENCE_HTTP_HOST | 1 << EVIDENCE_PROTOCOL;
	uint16_t by_name = (uint16_t)(by_hello | 1 << EVIDENCE_DNS | 1 << EVIDENCE_CERT);

	*app = is_app ? verdict->app : 0;
	if (verdict->inferred) {
		return false; /* what anybody can make up */
	}
	if (*app == 0) {
		return has_name(&record->l7) || (verdict->evidence & by_name) != 0;
	}
	return (verdict->evidence & by_hello) != 0 ||
	       ((verdict->evidence & by_name) != 0 && verdict->confidence >= CONFIDENCE_TEACHES);
}

static void set_country(char to[3], const char *code)
{
	if (strlen(code) == 2) {
		memcpy(to, code, 3);
	}
}

/* What a network's owner proved of control stays; where nothing did, the app's. */
static void set_verdict(const struct catalogue *catalogue, const struct geo *geo,
	struct record *record, const struct conclusion *conclusion)
{
	struct verdict *verdict = &record->verdict;
	struct ownership ownership =
		catalogue_ownership_at(catalogue, conclusion->app, record->flow.start_ns, "");

	verdict->app = conclusion->app;
	verdict->inferred = true;
	verdict->confidence = conclusion->confidence;
	verdict->grounds = conclusion->grounds;
	verdict->evidence =
		(uint16_t)((verdict->evidence & 1 << EVIDENCE_ASN) | 1 << EVIDENCE_BEHAVIOUR);
	if (verdict_control_is_proven(&record->verdict)) {
		return;
	}
	verdict->owner_country[0] = verdict->parent_country[0] = '\0';
	set_country(verdict->owner_country, ownership.owner_country);
	set_country(verdict->parent_country, ownership.parent_country);
	const struct geo_country *country = geo ? geo_country(geo, verdict->parent_country) : NULL;
	verdict->control = country ? country->zone : GEO_ZONE_UNKNOWN;
}

static struct known_levels find_levels(
	const struct behaviour *behaviour, const struct record *record)
{
	struct known_place place = server_profiles_place(record);
	struct known_levels levels;

	for (unsigned level = 0; level < KNOWN_LEVEL_COUNT; level++) {
		levels.items[level] = server_profiles_find(behaviour->known, place.hashes[level],
			(uint32_t)(record->flow.end_ns / (60 * NS_PER_S)));
	}
	return levels;
}

static void add_likelihood(struct app_weights *weights, const struct likelihood *likelihood,
	const struct record *record, bool is_new_server)
{
	for (unsigned i = 0; i < likelihood->count; i++) {
		double share = likelihood->items[i].server;
		app_weights_add(weights, likelihood->items[i].app, is_new_server ? (float)share : 0,
			share >= believed ? record_bytes_down(record) : 0);
	}
}

static void teach(struct behaviour *behaviour, const struct record *record, uint16_t app,
	struct device_activity *window, bool is_new_server, unsigned shape)
{
	server_profiles_teach(behaviour->known, record, app);
	app_weights_add(&window->weights, app, is_new_server ? 1 : 0, record_bytes_down(record));
	if (record->flow.is_last) {
		flow_shapes_teach(behaviour->shapes, app, shape);
		behaviour->stats.taught++;
	}
}

void behaviour_prefetch(
	const struct behaviour *behaviour, const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_exchange(&records[i])) {
			device_activities_prefetch(
				behaviour->windows, record_own_addr(&records[i]));
		}
	}
}

bool behaviour_look(struct behaviour *behaviour, const struct catalogue *catalogue,
	const struct record *record, struct behaviour_context *context)
{
	bool hidden = is_hidden(catalogue, record);
	uint16_t app = 0;

	if (!is_exchange(record) || (!hidden && !teaches(catalogue, record, &app))) {
		return false;
	}
	struct device_activity *window = device_activities_at(
		behaviour->windows, record_own_addr(record), record->flow.end_ns / NS_PER_MS);
	unsigned parallel = device_activity_begin(window, record->flow.flow_start_ns / NS_PER_MS);
	bool is_new_server =
		device_activity_is_new(window, quick_hash_addr(0, record_remote_addr(record)));
	unsigned shape = flow_shape_of(record, parallel);

	if (hidden) {
		context->around = window->weights;
		context->shape = (uint8_t)shape;
		context->is_new_server = is_new_server;
		return true;
	}
	teach(behaviour, record, app, window, is_new_server, shape);
	return false;
}

void behaviour_expect(const struct behaviour *behaviour, const struct record *record)
{
	server_profiles_prefetch(behaviour->known, record);
	device_activities_prefetch(behaviour->later, record_own_addr(record));
	device_activities_prefetch(behaviour->hidden, record_own_addr(record));
}

void behaviour_look_back(struct behaviour *behaviour, const struct catalogue *catalogue,
	const struct record *record, struct behaviour_context *context)
{
	struct known_levels levels = find_levels(behaviour, record);
	struct device_activity *later = device_activities_at(behaviour->later,
		record_own_addr(record), (UINT64_MAX - record->flow.end_ns) / NS_PER_MS);
	struct likelihood likelihood;

	app_weights_absorb(&context->around, &later->weights);
	if (app_likelihood_by_server(&likelihood, catalogue, record, &levels)) {
		add_likelihood(&later->weights, &likelihood, record, context->is_new_server);
	}
}

void behaviour_end_look_back(struct behaviour *behaviour)
{
	device_activities_forget(behaviour->later);
}

void behaviour_judge(struct behaviour *behaviour, const struct catalogue *catalogue,
	const struct geo *geo, struct record *record, const struct behaviour_context *context)
{
	struct known_levels levels = find_levels(behaviour, record);
	bool is_counted = record->flow.is_last;
	struct app_weights around = context->around;
	struct likelihood likelihood;

	behaviour->stats.hidden += is_counted;
	if (!app_likelihood_by_server(&likelihood, catalogue, record, &levels)) {
		behaviour->stats.unknown += is_counted;
		return;
	}
	struct device_activity *hidden = device_activities_at(
		behaviour->hidden, record_own_addr(record), record->flow.end_ns / NS_PER_MS);
	app_weights_absorb(&around, &hidden->weights);
	app_likelihood_by_context(&likelihood, &around, behaviour->shapes, context->shape);
	add_likelihood(&hidden->weights, &likelihood, record, context->is_new_server);
	add_likelihood(&around, &likelihood, record, context->is_new_server);
	/* NULL for something else, and for an app that the catalogue no longer has. */
	const struct app *app = catalogue_app(catalogue, app_likelihood_best(&likelihood));
	struct conclusion conclusion =
		app_likelihood_conclude(&likelihood, &levels, &around, app && app->has_kits);
	if (!app || conclusion.app == 0) {
		behaviour->stats.unsure += is_counted;
		return;
	}
	behaviour->stats.inferred += is_counted;
	set_verdict(catalogue, geo, record, &conclusion);
}

static const struct state_part kept = { "behaviour", 1,
	"how servers of known apps behave is learnt anew; until then fewer flows without a name "
	"have an app" };

int behaviour_save(const struct behaviour *behaviour, struct state *state, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	int status = server_profiles_save(behaviour->known, &text)
			     ? state_save(state, kept.name, kept.version, text.at, text.length, err)
			     : err_set(err, ENOMEM, "state of behaviour: out of memory");
	text_deinit(&text);
	return status;
}

int behaviour_load(struct behaviour *behaviour, struct state *state, struct err *err)
{
	size_t count;
	char *content;
	int status = state_load_part(state, &kept, &content, &count, err);

	if (status == 0 && content && !server_profiles_load(behaviour->known, content, count)) {
		status = state_refuse_part(state, &kept, err);
	}
	free(content);
	return status;
}

void behaviour_read_stats(const struct behaviour *behaviour, struct behaviour_stats *stats)
{
	*stats = behaviour->stats;
	stats->given_up = server_profiles_given_up(behaviour->known) +
			  device_activities_given_up(behaviour->windows) +
			  device_activities_given_up(behaviour->hidden);
}

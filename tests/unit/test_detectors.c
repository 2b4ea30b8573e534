/* Detectors at work, over weeks of a made-up organisation (tests/traffic/month.h): every incident
 * is told once, few alerts are false, a restart in the middle changes nothing.
 *
 * test_detectors                              a small organisation: what every build runs
 * test_detectors UNITS DEVICES APPS WEEKS SEED   a large one: make proof */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/engine/detectors.h"
#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/state.h"
#include "analyzer/rollup/device_hash.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/tap.h"
#include "tests/traffic/month.h"

static struct reference reference;

/* What was written of one run. */
struct told {
	struct month *month;
	struct text log; /* ids, revisions and JSON */
	uint32_t slot;
	unsigned count, false_alerts, false_exact, growths, without_flows, untrue;
	bool shows;
};

static struct told *telling; /* the output's: opened by name alone */

static int output_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	(void)options;
	(void)err;
	*output = (struct alert_output *)telling;
	return 0;
}

static bool is_exact(const char *kind)
{
	return strncmp(kind, "policy.", 7) == 0 || strncmp(kind, "transfer.", 9) == 0 ||
	       strcmp(kind, "anomaly.inferred-app") == 0 ||
	       strcmp(kind, "anomaly.after-silence") == 0 ||
	       strcmp(kind, "anomaly.unnamed-share") == 0;
}

/* What another detector says of the same incident, before or beside what is waited for. */
static bool is_beside(const struct month_incident *incident, const struct alert_post *post)
{
	for (unsigned i = 0; i < 2; i++) {
		if (incident->beside[i] && strstr(post->json, incident->beside[i])) {
			return true;
		}
	}
	return false;
}

static struct month_incident *find_incident(
	struct told *told, const struct alert_post *post, bool *beside)
{
	for (unsigned i = 0; i < told->month->incident_count; i++) {
		struct month_incident *incident = &told->month->incidents[i];
		bool is_then = told->slot >= incident->first_slot &&
			       told->slot < incident->last_slot + MONTH_DAY;
		bool is_it = strstr(incident->kinds, post->kind) &&
			     strstr(post->json, incident->words[0]) &&
			     strstr(post->json, incident->words[1]);
		*beside = !is_it;
		if (is_then && (is_it || is_beside(incident, post))) {
			return incident;
		}
	}
	return NULL;
}

static uint64_t number_in(const char *json, const char *name)
{
	const char *at = strstr(json, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* Who says "at most" says a figure above it; elsewhere a sum stands out. */
static void check_bound(struct told *told, const struct alert_post *post)
{
	if (strstr(post->sentence, "at this hour is") &&
		number_in(post->json, "\"value\":") <= number_in(post->json, "\"high\":")) {
		printf("# below its own bound: %s\n", post->sentence);
		told->untrue++;
	}
	if (strstr(post->sentence, "about >")) { /* what grew has no whole to be short of */
		printf("# a growth said as a share: %s\n", post->sentence);
		told->untrue++;
	}
}

/* Does it show the flows that it was raised with? */
static void check_evidence(struct told *told, const struct alert_post *post)
{
	bool is_of_flows = strncmp(post->kind, "sensor.", 7) != 0;

	if (is_of_flows && strstr(post->json, "\"flow_ids\":[]")) {
		printf("# without flows: %s\n", post->json);
		told->without_flows++;
	}
}

static void judge(struct told *told, const struct alert_post *post)
{
	bool beside = false;
	struct month_incident *incident = find_incident(told, post, &beside);

	told->count++;
	check_evidence(told, post);
	if (incident && beside) {
		incident->alerts_beside++;
	} else if (incident) {
		incident->alerts++;
		incident->alert_slot = incident->alert_slot ? incident->alert_slot : told->slot;
	} else if (is_exact(post->kind)) {
		told->false_exact++;
	} else {
		told->false_alerts++;
	}
	if (told->shows) {
		printf("# day %5.2f %s %s: %s\n",
			(told->slot - MONTH_FIRST_SLOT) / (double)MONTH_DAY,
			incident ? incident->name : "FALSE", post->kind, post->sentence);
	}
}

static int output_write(struct alert_output *output, const struct alert_post *post, struct err *err)
{
	struct told *told = (struct told *)output;

	(void)err;
	text_printf(&told->log, "%s %u ", post->id, post->revision);
	text_put_bytes(&told->log, post->json, post->json_length);
	text_put_char(&told->log, '\n');
	check_bound(told, post);
	if (strcmp(post->notice, "new") == 0) {
		judge(told, post);
	} else {
		told->growths++;
	}
	return 0;
}

static int output_close(struct alert_output *output, struct err *err)
{
	(void)output;
	(void)err;
	return 0;
}

static const struct alert_output_ops output_ops = { .name = "alerts to a test",
	.open = output_open,
	.write = output_write,
	.close = output_close };

/* One run, or what is left of it after a restart. */
struct run {
	struct alerts *alerts;
	struct detectors *detectors;
	struct device_hashes *device_hashes;
	struct month *month;
};

static void see(void *context, const struct record *record)
{
	struct run *run = context;
	uint64_t device = device_hash(run->device_hashes, NULL, record);
	detectors_take(run->detectors, &reference, &device, record, 1);
}

static uint64_t over_ns(uint32_t slot)
{
	return (slot + 1) * SLOT_NS + 61 * NS_PER_S;
}

static void begin(struct run *run, struct month *month, struct told *told, struct alerts *alerts,
	uint32_t slot)
{
	const struct alert_origin origin = { .observer = "north" };
	const struct alert_output_options options = { .target = "" };
	struct err err = { "" };

	*run = (struct run){ .month = month };
	run->alerts = alerts ? alerts : alerts_create(&origin);
	telling = told;
	if (!alerts) {
		alerts_add_output(run->alerts, &output_ops, &options, &err);
	}
	run->device_hashes = device_hashes_create(NULL);
	detectors_create(&run->detectors,
		&(struct detectors_options){ .alerts = run->alerts, .is_live = true }, &err);
	detectors_advance(run->detectors, &reference, slot * SLOT_NS - 1);
}

static void go_on(struct run *run, struct told *told, uint32_t from, uint32_t to)
{
	for (uint32_t slot = from; slot < to; slot++) {
		month_slot(run->month, slot, see, run);
		detectors_take_cells(run->detectors, run->month->cells, run->month->cell_count);
		told->slot = slot;
		detectors_advance(run->detectors, &reference, over_ns(slot));
		alerts_write(run->alerts, &reference, over_ns(slot));
	}
}

static void end(struct run *run)
{
	detectors_destroy(run->detectors);
	alerts_destroy(run->alerts);
	device_hashes_destroy(run->device_hashes);
}

static void put_table(const struct told *told, unsigned weeks)
{
	const struct month *month = told->month;
	unsigned found = 0, once = 0;

	printf("# %-34s %-7s %-7s %s\n", "incident", "alerts", "beside", "delay");
	for (unsigned i = 0; i < month->incident_count; i++) {
		const struct month_incident *incident = &month->incidents[i];
		double hours = incident->alerts
				       ? (incident->alert_slot + 1 - incident->first_slot) / 12.0
				       : 0;
		printf("# %-34s %-7u %-7u %.1f h\n", incident->name, incident->alerts,
			incident->alerts_beside, hours);
		found += incident->alerts > 0;
		once += incident->alerts == 1;
	}
	printf("# %u of %u incidents found, %u told once; %u alerts, %u false under the budget "
	       "(%.2f "
	       "a week), %u by exact rules, %u growths\n",
		found, month->incident_count, once, told->count, told->false_alerts,
		told->false_alerts / (double)weeks, told->false_exact, told->growths);
}

static const char *put_stats(const struct run *run)
{
	static char text[200];
	struct detectors_stats stats;

	detectors_read_stats(run->detectors, &stats);
	snprintf(text, sizeof(text), "%llu series, promised %.2f a week, realised %.2f",
		(unsigned long long)stats.series, (double)stats.promised_milli / 1000,
		(double)stats.realised_milli / 1000);
	return text;
}

static void test_weeks(
	const struct catalogue *catalogue, const struct month_options *options, unsigned weeks)
{
	struct month *month = malloc(sizeof(*month));
	struct told told = { .month = month, .shows = true };
	struct run run;
	unsigned missed = 0, twice = 0;

	text_init_heap(&told.log);
	month_init(month, options, catalogue);
	begin(&run, month, &told, NULL, MONTH_FIRST_SLOT);
	go_on(&run, &told, MONTH_FIRST_SLOT, MONTH_FIRST_SLOT + weeks * MONTH_WEEK);
	put_table(&told, weeks);
	for (unsigned i = 0; i < month->incident_count; i++) {
		missed += month->incidents[i].alerts == 0;
		twice += month->incidents[i].alerts > 1;
	}
	ok(missed == 0, "every incident is told");
	ok(twice == 0, "… once");
	ok(told.false_alerts <= 3 * weeks && told.false_exact == 0,
		"at most three false alerts a week, none by exact rules: %u and %u in %u weeks",
		told.false_alerts, told.false_exact, weeks);
	is_int(told.without_flows, 0, "each shows the flows that it was raised with");
	is_int(told.untrue, 0,
		"none is below the bound that it names, nor a growth said as a share");
	ok(true, "the running check: %s", put_stats(&run));
	end(&run);
	text_deinit(&told.log);
	free(month);
}

/* The same weeks twice: at one go, and with a restart in the middle. Alerts that were open before
 * it are told by the store (alert_store.h): here all that was written is compared. */
static void test_restart(const struct catalogue *catalogue, const struct month_options *options)
{
	enum { DAYS = 20, STOPPED = 16 * MONTH_DAY + 100 };
	const uint32_t last = MONTH_FIRST_SLOT + DAYS * MONTH_DAY;
	struct month *one = malloc(sizeof(*one)), *other = malloc(sizeof(*other));
	struct told whole = { .month = one }, halves = { .month = other };
	char folder[] = "/tmp/borderflow-detectors-XXXXXX", path[64];
	struct err err = { "" };
	struct state *state;
	struct run run, after;

	text_init_heap(&whole.log);
	text_init_heap(&halves.log);
	month_init(one, options, catalogue);
	month_init(other, options, catalogue);
	begin(&run, one, &whole, NULL, MONTH_FIRST_SLOT);
	go_on(&run, &whole, MONTH_FIRST_SLOT, last);
	end(&run);

	ok(mkdtemp(folder) && state_open(&state, folder, &err) == 0, "a folder for state");
	begin(&run, other, &halves, NULL, MONTH_FIRST_SLOT);
	go_on(&run, &halves, MONTH_FIRST_SLOT, MONTH_FIRST_SLOT + STOPPED);
	is_int(detectors_save(run.detectors, state, &err), 0, "state is saved");
	begin(&after, other, &halves, run.alerts, MONTH_FIRST_SLOT + STOPPED);
	is_int(detectors_load(after.detectors, state, &err), 0, "… and loaded");
	run.alerts = NULL; /* which alerts are open is for others to keep */
	end(&run);
	go_on(&after, &halves, MONTH_FIRST_SLOT + STOPPED, last);
	ok(whole.log.length > 1000 && whole.log.length == halves.log.length &&
			memcmp(whole.log.at, halves.log.at, whole.log.length) == 0,
		"a restart in the middle: %zu bytes of %u alerts are the same", whole.log.length,
		whole.count);
	end(&after);
	state_close(state);
	snprintf(path, sizeof(path), "%s/detectors.state", folder);
	ok(unlink(path) == 0 && rmdir(folder) == 0, "nothing else is left there");
	text_deinit(&whole.log);
	text_deinit(&halves.log);
	free(one);
	free(other);
}

/* What is said of the sensor itself: frames that were lost, a database that grew old. */
static void test_sensor(void)
{
	struct month nothing = { .incident_count = 0 };
	struct told told = { .month = &nothing, .shows = true };
	struct run run;

	text_init_heap(&told.log);
	begin(&run, &nothing, &told, NULL, MONTH_FIRST_SLOT);
	detectors_note_frames(run.detectors, MONTH_FIRST_SLOT * SLOT_NS, 1000000, 0);
	detectors_note_frames(run.detectors, (MONTH_FIRST_SLOT + 1) * SLOT_NS, 2000000, 60000);
	detectors_advance(run.detectors, &reference, over_ns(MONTH_FIRST_SLOT + 1));
	alerts_write(run.alerts, &reference, over_ns(MONTH_FIRST_SLOT + 1));
	ok(told.log.length > 0 && strstr(told.log.at, "sensor.drops") &&
			strstr(told.log.at, "\"share\":56,\"count\":60000"),
		"frames that were lost are told");
	struct detectors_stats stats;
	detectors_read_stats(run.detectors, &stats);
	ok(stats.slots == 1 && stats.gaps == 1, "… and in their slot nobody looked");
	end(&run);
	text_deinit(&told.log);
}

static unsigned number(char *const *arguments, int count, int at, unsigned otherwise)
{
	return at < count ? (unsigned)strtoul(arguments[at], NULL, 10) : otherwise;
}

int main(int count, char **arguments)
{
	const struct month_options options = { .units = number(arguments, count, 1, 12),
		.devices = number(arguments, count, 2, 100),
		.apps = number(arguments, count, 3, 12),
		.seed = number(arguments, count, 5, 1),
		.has_incidents = true };
	struct catalogue *catalogue;
	struct policy *policy;
	struct messages *messages;
	struct policy_problems problems;
	struct err err = { "" };

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_parse(&policy, "month.yaml", month_policy, strlen(month_policy), NULL,
			catalogue, &problems, &err) < 0 ||
		messages_open(&messages, "en", &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	reference = (struct reference){
		.catalogue = catalogue, .policy = policy, .messages = messages, .version = 1
	};
	test_weeks(catalogue, &options, number(arguments, count, 4, 6));
	if (count == 1) {
		test_sensor();
		struct month_options fewer = options;
		fewer.devices = 24;
		fewer.apps = 6;
		test_restart(catalogue, &fewer);
	}
	messages_close(messages);
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}

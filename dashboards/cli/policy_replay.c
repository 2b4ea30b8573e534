/* policy replay: who would be affected by a draft, against the rules in force. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "analyzer/rollup/protect.h"
#include "analyzer/rollup/replay.h"
#include "analyzer/record/lookup_log.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/local_time.h"
#include "dashboards/cli/past_records.h"
#include "dashboards/cli/policy_past.h"
#include "dashboards/cli/time_word.h"

/* Everything that one replay opens. */
struct replaying {
	const struct past_settings *settings;
	struct policy *draft, *in_force;
	struct geo *geo;
	struct reference reference, draft_reference;
	struct replay *replay;
	uint64_t from_ns, to_ns, informed_ns;
	bool is_protected; /* for who may not see devices: k is no smaller than the archives' */
	unsigned k;
	bool is_from_before; /* some of it is from before staff were informed */
	unsigned problems;
};

static int load(struct replaying *replaying, const struct catalogue *catalogue, const char *draft,
	struct err *err)
{
	const struct past_settings *settings = replaying->settings;
	int status = policy_load(&replaying->draft, draft, NULL, catalogue, err);

	if (status == 0) {
		policy_enact_drafts(replaying->draft);
		status =
			policy_load(&replaying->in_force, settings->in_force, NULL, catalogue, err);
	}
	if (status == 0) {
		status = geo_open(&replaying->geo, settings->geo, err);
	}
	if (status == 0) {
		replaying->reference = (struct reference){
			.catalogue = catalogue, .policy = replaying->in_force, .geo = replaying->geo
		};
		replaying->draft_reference = replaying->reference;
		replaying->draft_reference.policy = replaying->draft;
		replaying->replay = replay_create(&replaying->draft_reference);
		status = replaying->replay ? 0 : err_set(err, ENOMEM, "out of memory");
	}
	return status;
}

/* The day on which staff were told of it, by the draft, else by the rules in force; 0: neither says
 * so. */
static uint64_t informed_of(const struct replaying *replaying)
{
	uint64_t informed_ns = policy_header(replaying->draft)->informed_ns;

	return informed_ns ? informed_ns : policy_header(replaying->in_force)->informed_ns;
}

static int read_time(const struct replaying *replaying, const char *name, const char *text,
	uint64_t *time_ns, struct err *err)
{
	const struct local_zone *zone = policy_header(replaying->draft)->zone;

	if (!text || time_word_parse(text, zone, clock_now_ns(), time_ns)) {
		return 0;
	}
	return err_set(
		err, EINVAL, "--%s: expected %s, found \"%s\"", name, TIME_WORD_EXPECTED, text);
}

static void take(void *context, const struct record *record, const char *pseudonym)
{
	struct replaying *replaying = context;

	replaying->is_from_before |= record->flow.start_ns < replaying->informed_ns;
	replay_take(replaying->replay, record, !pseudonym);
}

static void print_problem(void *context, const char *sentence)
{
	struct replaying *replaying = context;

	replaying->problems++;
	cli_error("policy", sentence);
}

/* What was seen before staff were told of it is asked with a reason, and the log says so. */
static int ask_for_reason(const struct replaying *replaying, const char *draft, struct err *err)
{
	const struct past_settings *settings = replaying->settings;
	const char *folder = settings->archives.count > 0 ? settings->archives.items[0] : ".";
	char question[300], informed[11];

	if (!replaying->is_from_before) {
		return 0;
	}
	local_format_date(policy_header(replaying->draft)->zone, replaying->informed_ns, informed);
	if (!settings->reason || !settings->reason[0]) {
		return err_set(err, EPERM,
			"some of this is from before staff were informed (%s): give --from %s, or "
			"--reason, which is kept in %s/lookups.tsv",
			informed, informed, folder);
	}
	snprintf(question, sizeof(question), "policy replay %.180s, from before %s", draft,
		informed);
	const struct lookup lookup = { .kind = LOOKUP_REPLAY,
		.question = question,
		.reason = settings->reason,
		.now_ns = clock_now_ns() };
	return lookup_log_append(folder, &lookup, err);
}

static const char *unit_name(const struct replay_row *row)
{
	const char *name = symbol_name(SYMBOL_UNIT, row->unit);

	return row->unit == REPLAY_OTHERS ? "other units" : name[0] ? name : "no unit";
}

static const char *rule_name(const struct replay_row *row)
{
	return row->rule == REPLAY_NOT_LISTED ? "not on the list"
					      : symbol_name(SYMBOL_RULE, row->rule);
}

static void put_number(uint64_t number, unsigned k, bool is_hidden)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	if (is_hidden) {
		snprintf(text, sizeof(text), "fewer than %u", k);
	}
	printf(" %14s", text);
}

/* Of who may not see devices: as few as that, or none. */
static void put_count(const struct replaying *replaying, uint64_t devices, unsigned k)
{
	char text[32];

	if (replaying->is_protected) {
		snprintf(text, sizeof(text), devices > 0 ? "at least %u" : "0 to %u",
			devices > 0 ? k : k - 1);
		printf(" %14s", text);
	} else {
		put_number(devices, k, false);
	}
}

static void put_row(const struct replaying *replaying, const struct replay_row *row, unsigned k)
{
	if (row->rule) {
		printf("  %-24s %-20s", rule_name(row), unit_name(row));
	} else {
		printf("  %-45s", unit_name(row));
	}
	if (row->is_hidden) {
		/* How they spread over the columns is theirs as well. */
		if (row->stay + row->fresh + row->gone < k) {
			put_number(0, k, true);
		} else {
			printf(" %14s", "-");
		}
		printf(" %14s %14s\n", "-", "-");
		return;
	}
	put_count(replaying, row->stay + row->fresh, k);
	put_count(replaying, row->fresh, k);
	put_count(replaying, row->gone, k);
	putchar('\n');
}

static size_t rows_of(const struct replaying *replaying, unsigned k, const struct replay_row **rows)
{
	return (replaying->is_protected ? replay_told_rows : replay_rows)(
		replaying->replay, k, rows);
}

/* One that nobody may see would tell of itself. */
static bool has_undecided(
	const struct replaying *replaying, const struct replay_stats *stats, unsigned k)
{
	return stats->undecided >= (replaying->is_protected ? k : 1);
}

static void put_text(struct replaying *replaying, unsigned k, const char *draft)
{
	const struct local_zone *zone = policy_header(replaying->draft)->zone;
	const struct replay_row *rows;
	struct replay_stats stats;
	char from[11] = "-", to[11] = "-";
	size_t count = rows_of(replaying, k, &rows);
	bool has_rules = false;

	replay_read_stats(replaying->replay, &stats);
	if (stats.records > 0) {
		local_format_date(zone, stats.first_ns, from);
		local_format_date(zone, stats.last_ns, to);
	}
	printf("%s (%.12s) against the rules in force, %s to %s, %" PRIu64 " records\n", draft,
		policy_hash(replaying->draft), from, to, stats.records);
	if (count == 0) {
		printf(has_undecided(replaying, &stats, k)
				? "Nobody is known to be affected.\n"
				: "Nobody would be affected, as far as was seen.\n");
	} else {
		printf("Devices whose use would be a violation, in grace, or not approved:\n\n"
		       "  %-45s %14s %14s %14s\n",
			"unit", "affected", "newly", "no longer");
	}
	for (size_t i = 0; i < count; i++) {
		if (rows[i].rule && !has_rules) {
			printf("\n  %-24s %-20s %14s %14s %14s\n", "rule", "unit", "affected",
				"newly", "no longer");
			has_rules = true;
		}
		put_row(replaying, &rows[i], k);
	}
	if (has_undecided(replaying, &stats, k)) {
		printf("\nOf some flows that are denied it cannot be told whether they got "
		       "through: one way alone was seen, or too little came back. They are in no "
		       "count.\n");
	}
	if (stats.many > 0) {
		printf("\n%" PRIu64
		       " records are of devices that are kept as sums alone, or of many "
		       "behind one address: they are in no count.\n",
			stats.many);
	}
	if (!replaying->informed_ns) {
		printf("\nNeither policy says when staff were informed (\"informed\").\n");
	}
}

static void put_json_row(const struct replaying *replaying, struct json *json,
	const struct replay_row *row, unsigned k)
{
	json_object_begin(json, NULL);
	json_string(json, "unit",
		row->unit == REPLAY_OTHERS ? "" : symbol_name(SYMBOL_UNIT, row->unit));
	if (row->unit == REPLAY_OTHERS) {
		json_bool(json, "other_units", true);
	}
	if (row->rule) {
		json_string(json, "rule",
			row->rule == REPLAY_NOT_LISTED ? "" : symbol_name(SYMBOL_RULE, row->rule));
	}
	if (row->is_hidden) {
		json_bool(json, "suppressed", true);
		if (row->stay + row->fresh + row->gone < k) {
			json_u64(json, "devices_below", k);
		}
	} else {
		json_u64(json, "affected", row->stay + row->fresh);
		json_u64(json, "newly", row->fresh);
		json_u64(json, "no_longer", row->gone);
		json_bool(json, "at_least", replaying->is_protected);
		if (replaying->is_protected) {
			json_u64(json, "devices_below", k); /* where it says 0 */
		}
	}
	json_object_end(json);
}

static void put_json(struct replaying *replaying, unsigned k)
{
	const struct replay_row *rows;
	struct replay_stats stats;
	struct text text;
	size_t count = rows_of(replaying, k, &rows);

	text_init_heap(&text);
	struct json json = json_over(&text);
	replay_read_stats(replaying->replay, &stats);
	json_object_begin(&json, NULL);
	json_string(&json, "format", "borderflow.replay.1");
	json_string(&json, "draft", policy_hash(replaying->draft));
	json_string(&json, "in_force", policy_hash(replaying->in_force));
	json_u64(&json, "records", stats.records);
	json_u64(&json, "records_of_many", stats.many);
	json_bool(&json, "undecided", has_undecided(replaying, &stats, k));
	json_u64(&json, "k", k);
	json_array_begin(&json, "rows");
	for (size_t i = 0; i < count; i++) {
		put_json_row(replaying, &json, &rows[i], k);
	}
	json_array_end(&json);
	json_object_end(&json);
	printf("%s\n", text.at);
	text_deinit(&text);
}

/* Without the key what devices did is not told of pseudonyms, and never of fewer than any of the
 * policies says, or the archive. */
static int find_protection(struct replaying *replaying, struct err *err)
{
	const struct past_settings *settings = replaying->settings;
	const unsigned policies[] = { policy_header(replaying->draft)->group_minimum,
		policy_header(replaying->in_force)->group_minimum };
	unsigned kept;
	int status = past_settings_protection(settings, &kept, err);

	replaying->is_protected = settings->is_protected || kept > 0;
	replaying->k = policies[0] > policies[1] ? policies[0] : policies[1];
	replaying->k = kept > replaying->k ? kept : replaying->k;
	return status;
}

static int run(struct replaying *replaying, const char *draft, char *const *files, unsigned count,
	struct err *err)
{
	const struct past_settings *settings = replaying->settings;
	struct past_records past = { .command = "policy",
		.archives = &settings->archives,
		.files = files,
		.file_count = count,
		.reference = &replaying->reference,
		.take = take,
		.context = replaying,
		.problem = print_problem };
	int status = find_protection(replaying, err);

	status = status < 0 ? status
			    : read_time(replaying, "from", settings->from, &past.from_ns, err);
	if (status == 0) {
		status = read_time(replaying, "to", settings->to, &past.to_ns, err);
	}
	if (status == 0 && past.to_ns > 0 && past.from_ns > past.to_ns) {
		status = err_set(
			err, EINVAL, "--from %s is after --to %s", settings->from, settings->to);
	}
	replaying->informed_ns = informed_of(replaying);
	if (status == 0) {
		status = past_records_read(&past, err);
	}
	if (status == 0) {
		replay_finish(replaying->replay);
		status = ask_for_reason(replaying, draft, err);
	}
	return status;
}

int policy_replay(const struct past_settings *settings, const struct catalogue *catalogue,
	const char *draft, char *const *files, unsigned count)
{
	struct replaying replaying = { .settings = settings };
	struct err err;
	int status = load(&replaying, catalogue, draft, &err);

	if (status == 0) {
		status = run(&replaying, draft, files, count, &err);
	}
	if (status < 0) {
		cli_error("policy", err.text);
	} else {
		unsigned k = replaying.k;
		if (settings->is_json) {
			put_json(&replaying, k);
		} else {
			put_text(&replaying, k, draft);
		}
	}
	replay_destroy(replaying.replay);
	policy_free(replaying.draft);
	policy_free(replaying.in_force);
	geo_close(replaying.geo);
	return status < 0 ? cli_exit_of(status) : replaying.problems ? EXIT_INPUT : EXIT_DONE;
}

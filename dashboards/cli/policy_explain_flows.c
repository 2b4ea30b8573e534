/* policy explain of flows that were: by id, or by the address of an end and a time. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/drafting/policy_tools.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "dashboards/cli/past_records.h"
#include "dashboards/cli/policy_past.h"
#include "dashboards/cli/time_word.h"

enum { TOLD_MAX = 8, ID_DIGITS = 16 };

struct looking {
	struct policy *policy;
	const struct catalogue *catalogue;
	struct record *located;
	bool has_flow, has_address;
	uint64_t flow;
	struct addr address;
	uint64_t from_ns, to_ns; /* of the flow's life; to 0: any time */
	unsigned found, problems;
};

static bool is_meant(const struct looking *looking, const struct record *record, bool has_address)
{
	const struct flow_record *flow = &record->flow;

	if (looking->has_flow) {
		return flow->flow_id == looking->flow && flow->is_last;
	}
	bool is_of_end = addr_equal(record_remote_addr(record), &looking->address) ||
			 (has_address && addr_equal(record_own_addr(record), &looking->address));
	bool is_then = looking->to_ns == 0 ||
		       (flow->flow_start_ns < looking->to_ns && flow->end_ns >= looking->from_ns);
	return is_of_end && is_then && flow->is_last;
}

static void take(void *context, const struct record *record, const char *pseudonym)
{
	struct looking *looking = context;

	if (!is_meant(looking, record, !pseudonym)) {
		return;
	}
	if (looking->found++ >= TOLD_MAX) {
		return;
	}
	record_copy(looking->located, record);
	if (!pseudonym) {
		struct decision decided = record->decision;
		policy_locate(looking->policy, looking->located);
		decided.unit = looking->located->decision.unit;
		decided.class_ = looking->located->decision.class_;
		looking->located->decision = decided;
	}
	printf("%s", looking->found > 1 ? "\n" : "");
	policy_explain_record(looking->policy, looking->catalogue, looking->located, stdout);
}

static void print_problem(void *context, const char *sentence)
{
	struct looking *looking = context;

	looking->problems++;
	cli_error("policy", sentence);
}

/* A day without a clock is all of it, a time that minute. */
static int read_time(struct looking *looking, const char *text, struct err *err)
{
	const struct local_zone *zone = policy_header(looking->policy)->zone;

	if (!text) {
		return 0;
	}
	if (!time_word_parse(text, zone, clock_now_ns(), &looking->from_ns)) {
		return err_set(
			err, EINVAL, "--date: expected %s, found \"%s\"", TIME_WORD_EXPECTED, text);
	}
	looking->to_ns = strchr(text, 'T') ? looking->from_ns + 60 * NS_PER_S
					   : local_day_of(zone, looking->from_ns).end_ns;
	return 0;
}

static int read_question(
	struct looking *looking, const struct past_settings *settings, struct err *err)
{
	char *end = NULL;

	if (settings->flow) {
		looking->has_flow = true;
		const char *digits = settings->flow + (settings->flow[0] == 'f' &&
							      strlen(settings->flow) > ID_DIGITS);
		looking->flow = strtoull(digits, &end, 16);
		if (*end || strlen(digits) != ID_DIGITS) {
			return err_set(err, EINVAL,
				"--flow: expected an id of %d hexadecimal digits, as "
				"borderflow.flow.id "
				"has it, found \"%s\"",
				ID_DIGITS, settings->flow);
		}
	} else if (!addr_parse(settings->address, &looking->address)) {
		return err_set(err, EINVAL, "--address: expected an address, found \"%s\"",
			settings->address);
	}
	return read_time(looking, settings->at, err);
}

static int look(struct looking *looking, const struct past_settings *settings, const char *path,
	char *const *files, unsigned count, struct err *err)
{
	struct geo *geo = NULL;
	int status = policy_load(&looking->policy, path, NULL, looking->catalogue, err);

	if (status == 0) {
		status = read_question(looking, settings, err);
	}
	if (status == 0) {
		status = geo_open(&geo, settings->geo, err);
	}
	struct reference reference = {
		.catalogue = looking->catalogue, .policy = looking->policy, .geo = geo
	};
	struct past_records past = { .command = "policy",
		.archives = &settings->archives,
		.files = files,
		.file_count = count,
		.from_ns = looking->from_ns,
		.to_ns = looking->to_ns,
		.reference = &reference,
		.take = take,
		.context = looking,
		.problem = print_problem };
	if (status == 0 && settings->archives.count + count == 0) {
		status = err_set(err, EINVAL,
			"where is the flow? Name its archive (--archive DIR) or captures behind "
			"the "
			"policy");
	}
	if (status == 0) {
		status = past_records_read(&past, err);
	}
	geo_close(geo);
	return status;
}

int policy_explain_flows(const struct past_settings *settings, const struct catalogue *catalogue,
	const char *path, char *const *files, unsigned count)
{
	struct looking looking = { .catalogue = catalogue };
	struct err err;
	int status;

	looking.located = aligned_alloc(_Alignof(struct record), sizeof(*looking.located));
	status = looking.located ? look(&looking, settings, path, files, count, &err)
				 : err_set(&err, ENOMEM, "out of memory");
	if (status < 0) {
		cli_error("policy", err.text);
	} else if (looking.found == 0) {
		printf("No such flow was seen there.\n");
	} else if (looking.found > TOLD_MAX) {
		printf("\nand %u more; give --flow, or a closer --date\n",
			looking.found - TOLD_MAX);
	}
	policy_free(looking.policy);
	free(looking.located);
	return status < 0         ? cli_exit_of(status)
	       : looking.problems ? EXIT_INPUT
	       : looking.found    ? EXIT_DONE
				  : EXIT_FOUND;
}

/* compare: does what borderflow says of a capture equal the ground truth? Prints TAP.
 *
 *     compare --truth FILE.tsv --flows FILE.ndjson [--networks]
 *             [--alerts-truth FILE.tsv --alerts FILE.ndjson]
 *
 * --networks: borderflow was given geo-overrides.tsv, so the countries of servers can be judged.
 *
 * One line a question (are all flows there, are packets right, …); every difference is listed, up
 * to a bound. Where a loss has made something undecidable the truth says so, and that is left out
 * and counted. */
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/tap.h"
#include "tests/traffic/observed.h"
#include "tests/traffic/truth_file.h"

enum { LISTED_MAX = 20 };

/* One question asked of every flow. */
struct question {
	const char *what;
	uint64_t asked, left_out, wrong;
};

enum {
	ASK_THERE,
	ASK_INITIATOR,
	ASK_PACKETS,
	ASK_BYTES,
	ASK_TIMES,
	ASK_NAME,
	ASK_APP,
	ASK_EVIDENCE,
	ASK_CATEGORY,
	ASK_COUNTRIES,
	ASK_NETWORK,
	ASK_PROTOCOL,
	ASK_HIDDEN,
	ASK_EMBEDDED,
	ASK_BLOCK,
	ASK_PATH,
	ASK_EXTRA,
	ASK_COUNT
};

struct comparison {
	bool is_whole;     /* no losses: what became of attempts can be judged */
	bool has_networks; /* analysed with geo-overrides.tsv */
	uint64_t withheld; /* flows of a denied app of which no use is claimed, for want of
			      certainty */
	struct question questions[ASK_COUNT];
};

static const struct comparison
	nothing_asked = { .questions = {
				  [ASK_THERE] = { .what = "every flow of the truth is reported "
							  "once" },
				  [ASK_INITIATOR] = { .what = "the initiator is right" },
				  [ASK_PACKETS] = { .what = "packets in each direction are right" },
				  [ASK_BYTES] = { .what = "IP bytes in each direction are right" },
				  [ASK_TIMES] = { .what = "start and end are right" },
				  [ASK_NAME] = { .what = "names are right" },
				  [ASK_APP] = { .what = "apps are right" },
				  [ASK_EVIDENCE] = { .what = "the strongest evidence is right" },
				  [ASK_CATEGORY] = { .what = "categories are right" },
				  [ASK_NETWORK] = { .what = "the countries of server and operator "
							    "are right" },
				  [ASK_PROTOCOL] = { .what = "protocols are right" },
				  [ASK_HIDDEN] = { .what = "why names are hidden is right" },
				  [ASK_EMBEDDED] = { .what = "what is only embedded is right" },
				  [ASK_COUNTRIES] = { .what = "the countries of owner and parent "
							      "are right" },
				  [ASK_BLOCK] = { .what = "what became of denied attempts is "
							  "right" },
				  [ASK_PATH] = { .what = "VLANs and tunnels are right" },
				  [ASK_EXTRA] = { .what = "nothing else is reported" },
			  } };

__attribute__((format(printf, 5, 6))) static void judge(struct comparison *comparison, unsigned ask,
	bool right, const struct truth_line *line, const char *format, ...)
{
	struct question *question = &comparison->questions[ask];
	va_list arguments;

	question->asked++;
	if (right) {
		return;
	}
	if (question->wrong++ < LISTED_MAX) {
		printf("# %s: %s %s:%u > %s:%u (%s): ", question->what,
			line->protocol == 6 ? "tcp" : "ip", line->source, line->source_port,
			line->destination, line->destination_port, line->device);
		va_start(arguments, format);
		vprintf(format, arguments);
		va_end(arguments);
		putchar('\n');
	}
}

static void judge_counts(struct comparison *comparison, const struct truth_line *line,
	const struct observed *flow, unsigned turned)
{
	judge(comparison, ASK_PACKETS,
		flow->packets[turned] == line->packets[0] &&
			flow->packets[!turned] == line->packets[1],
		line, "%" PRIu64 "/%" PRIu64 ", wanted %" PRIu64 "/%" PRIu64, flow->packets[turned],
		flow->packets[!turned], line->packets[0], line->packets[1]);
	judge(comparison, ASK_BYTES,
		flow->bytes[turned] == line->bytes[0] && flow->bytes[!turned] == line->bytes[1],
		line, "%" PRIu64 "/%" PRIu64 ", wanted %" PRIu64 "/%" PRIu64, flow->bytes[turned],
		flow->bytes[!turned], line->bytes[0], line->bytes[1]);
	judge(comparison, ASK_TIMES,
		flow->start_ns == line->start_ns && flow->end_ns == line->end_ns, line,
		"start off by %" PRId64 " ns, end by %" PRId64 " ns",
		(int64_t)(flow->start_ns - line->start_ns), (int64_t)(flow->end_ns - line->end_ns));
}

/* A word of the record; "-" in the truth is not judged. */
static void judge_word(struct comparison *comparison, unsigned ask, const struct truth_line *line,
	const char *got, const char *wanted)
{
	if (strcmp(wanted, "-") != 0) {
		judge(comparison, ask, strcmp(got, wanted) == 0, line, "\"%s\", wanted \"%s\" (%s)",
			got, wanted, line->name);
	}
}

/* So little, sent while a page of somebody else is open, may be an embedded player as well as use
 * (analyzer/policy/device_days.h): then no use is claimed. */
enum { USE_BYTES_MIN = 20000 };

static void judge_use(
	struct comparison *comparison, const struct truth_line *line, const struct observed *flow)
{
	bool is_withheld = flow->is_embedded && strcmp(line->embedded, "no") == 0 &&
			   line->bytes[0] < USE_BYTES_MIN;

	comparison->withheld += is_withheld || strcmp(flow->block, "unsure") == 0;
	if (is_withheld) {
		comparison->questions[ASK_EMBEDDED].left_out++;
		return;
	}
	judge_word(
		comparison, ASK_EMBEDDED, line, flow->is_embedded ? "yes" : "no", line->embedded);
}

static void judge_meaning(struct comparison *comparison, const struct truth_line *line,
	const struct observed *flow, bool turned)
{
	bool is_known_by_address = strcmp(line->evidence, "prefix") == 0;

	if ((!line->is_name_sure && !is_known_by_address) || turned) {
		comparison->questions[ASK_NAME].left_out++;
		comparison->questions[ASK_APP].left_out++;
		return;
	}
	if (strcmp(line->name, "*") != 0) {
		const char *wanted = strcmp(line->name, "-") == 0 ? "" : line->name;
		judge(comparison, ASK_NAME, strcmp(flow->domain, wanted) == 0, line,
			"\"%s\", wanted \"%s\"", flow->domain, wanted);
	}
	if (strcmp(line->app, "*") != 0) {
		judge(comparison, ASK_APP, strcmp(flow->app, line->app) == 0, line,
			"%s, wanted %s (%s)", flow->app, line->app, line->name);
	}
	if (strcmp(line->parent_country, "-") != 0) {
		judge(comparison, ASK_COUNTRIES,
			strcmp(flow->owner_country, line->owner_country) == 0 &&
				strcmp(flow->parent_country, line->parent_country) == 0,
			line, "%s/%s, wanted %s/%s (%s)", flow->owner_country, flow->parent_country,
			line->owner_country, line->parent_country, line->app);
	}
	judge_word(comparison, ASK_CATEGORY, line, flow->category, line->category);
	if (comparison->has_networks) {
		judge_word(
			comparison, ASK_NETWORK, line, flow->server_country, line->server_country);
		judge_word(comparison, ASK_NETWORK, line, flow->operator_country,
			line->operator_country);
	}
	judge_word(comparison, ASK_PROTOCOL, line, flow->l7_protocol, line->l7_protocol);
	judge_word(comparison, ASK_HIDDEN, line, flow->hidden, line->hidden);
	if (strcmp(line->evidence, "-") != 0) {
		judge(comparison, ASK_EVIDENCE, strcmp(flow->evidence, line->evidence) == 0, line,
			"%s, wanted %s (%s)", flow->evidence, line->evidence, line->name);
	}
	judge_use(comparison, line, flow);
	if (comparison->is_whole && strcmp(line->app, "*") != 0 &&
		strcmp(line->block, "none") != 0) {
		if (strcmp(line->block, "passed") == 0 && strcmp(flow->block, "unsure") == 0) {
			comparison->questions[ASK_BLOCK].left_out++;
			return;
		}
		judge(comparison, ASK_BLOCK, strcmp(flow->block, line->block) == 0, line,
			"%s, wanted %s (%s)", flow->block, line->block, line->name);
	}
}

static void judge_flow(struct comparison *comparison, const struct truth_line *line,
	struct observed *flow, unsigned found, bool turned)
{
	judge(comparison, ASK_THERE, found == 1, line, "reported %u times", found);
	if (found != 1) {
		return;
	}
	if (line->is_initiator_sure) {
		judge(comparison, ASK_INITIATOR, !turned, line, "the ends are turned round");
	} else {
		comparison->questions[ASK_INITIATOR].left_out++;
	}
	judge_counts(comparison, line, flow, turned);
	judge_meaning(comparison, line, flow, turned);
	judge(comparison, ASK_PATH,
		flow->vlan_id == line->vlan_id &&
			(strcmp(line->tunnel, "-") == 0 || strstr(flow->tunnels, line->tunnel)),
		line, "VLAN %u, tunnels \"%s\"; wanted VLAN %u, \"%s\"", flow->vlan_id,
		flow->tunnels, line->vlan_id, line->tunnel);
}

/* What only some scenarios know, or only whole captures show. */
static bool is_of_some(unsigned ask)
{
	return ask == ASK_BLOCK || ask == ASK_CATEGORY || ask == ASK_NETWORK ||
	       ask == ASK_PROTOCOL || ask == ASK_HIDDEN || ask == ASK_EMBEDDED ||
	       ask == ASK_COUNTRIES;
}

struct paths {
	const char *truth, *flows, *alerts_truth, *alerts;
	bool has_networks;
};

/* How many flows of a denied app no use is claimed of. */
static uint64_t compare_flows(const struct paths *paths)
{
	struct comparison comparison = nothing_asked;
	struct truth_file *truth = truth_file_read(paths->truth);
	struct observations *observations = observations_read(paths->flows);

	comparison.is_whole = paths->alerts != NULL;
	comparison.has_networks = paths->has_networks;

	for (size_t i = 0; i < truth->count; i++) {
		bool turned = false;
		struct observed *flow;
		unsigned found = observations_find(observations, &truth->lines[i], &flow, &turned);
		judge_flow(&comparison, &truth->lines[i], flow, found, turned);
	}
	comparison.questions[ASK_EXTRA].asked = observations->count;
	for (size_t i = 0; i < observations->count; i++) {
		const struct observed *flow = &observations->flows[i];
		if (!flow->is_matched && comparison.questions[ASK_EXTRA].wrong++ < LISTED_MAX) {
			printf("# not in the truth: %u %s:%u > %s:%u %s\n", flow->protocol,
				flow->source, flow->source_port, flow->destination,
				flow->destination_port, flow->app);
		}
	}
	for (unsigned i = 0; i < ASK_COUNT; i++) {
		const struct question *question = &comparison.questions[i];
		if (question->asked == 0 && is_of_some(i)) {
			continue;
		}
		ok(question->wrong == 0 && question->asked > 0,
			"%s (%" PRIu64 " asked, %" PRIu64 " wrong, %" PRIu64 " undecidable)",
			question->what, question->asked, question->wrong, question->left_out);
	}
	observations_free(observations);
	truth_file_free(truth);
	return comparison.withheld;
}

static void say_alert(const char *what, const struct alert_line *line)
{
	printf("# %s: %s devices in %s, %s, week of %s\n", what, line->devices, line->unit,
		line->app, line->week);
}

static void compare_alerts(const struct paths *paths, uint64_t withheld)
{
	struct alert_lines *wanted = alert_truth_read(paths->alerts_truth),
			   *got = alert_lines_read(paths->alerts);
	size_t missing = 0, extra = 0;

	for (size_t i = 0; i < wanted->count; i++) {
		if (!alert_lines_have(got, &wanted->lines[i], withheld, 0)) {
			missing++;
			say_alert("no alert", &wanted->lines[i]);
		}
	}
	for (size_t i = 0; i < got->count; i++) {
		if (!alert_lines_have(wanted, &got->lines[i], 0, withheld)) {
			extra++;
			say_alert("an alert too many", &got->lines[i]);
		}
	}
	ok(missing == 0, "every alert of the truth is raised (%zu)", wanted->count);
	ok(extra == 0, "no other alert is raised");
	alert_lines_free(wanted);
	alert_lines_free(got);
}

static struct paths read_paths(int argc, char **argv)
{
	static const struct option options[] = {
		{ "truth", required_argument, NULL, 't' },
		{ "flows", required_argument, NULL, 'f' },
		{ "alerts-truth", required_argument, NULL, 'T' },
		{ "alerts", required_argument, NULL, 'a' },
		{ "networks", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	struct paths paths = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 't':
			paths.truth = optarg;
			break;
		case 'f':
			paths.flows = optarg;
			break;
		case 'T':
			paths.alerts_truth = optarg;
			break;
		case 'a':
			paths.alerts = optarg;
			break;
		case 'n':
			paths.has_networks = true;
			break;
		default:
			exit(2);
		}
	}
	if (!paths.truth || !paths.flows || !paths.alerts != !paths.alerts_truth) {
		fputs("Usage: compare --truth FILE --flows FILE [--networks] [--alerts-truth FILE "
		      "--alerts FILE]\n",
			stderr);
		exit(2);
	}
	return paths;
}

int main(int argc, char **argv)
{
	struct paths paths = read_paths(argc, argv);

	uint64_t withheld = compare_flows(&paths);
	if (paths.alerts) {
		compare_alerts(&paths, withheld);
	}
	return done_testing();
}

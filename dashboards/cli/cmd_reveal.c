#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "analyzer/record/lookup_log.h"
#include "analyzer/record/sealed_key.h"
#include "base/clock.h"
#include "base/log.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/key_months.h"
#include "dashboards/cli/reveal.h"
#include "dashboards/cli/reveal_audit.h"
#include "dashboards/cli/reveal_request.h"
#include "dashboards/cli/reveal_subject.h"
#include "dashboards/cli/time_word.h"

extern const struct command command_reveal;

struct reveal_settings {
	const char *reason, *keys, *log, *month, *request, *approve, *answer, *soc, *open, *address,
		*at, *policy, *networks, *inventory, *list, *from, *to, *anchor;
	struct option_list archives;
	bool break_glass, subject, audit;
};

#define AT(field) offsetof(struct reveal_settings, field)

static const struct option options[] = {
	{ "reason", 0, OPTION_TEXT, AT(reason), .argument = "TEXT", .group = "What and why",
		.help = "Why: it stands in the log. Always wanted." },
	{ "log", 0, OPTION_FOLDER, AT(log), .argument = "DIR",
		.default_text = "/var/lib/borderflow",
		.help = "The folder whose lookups.tsv this is logged in; that of the archive where "
			"--archive is given." },
	{ "month", 0, OPTION_TEXT, AT(month), .argument = "YYYY-MM",
		.help = "The month that the pseudonym is of; this one, unless given." },
	{ "address", 0, OPTION_TEXT, AT(address), .argument = "IP",
		.help = "The other way: the pseudonym that this address had." },
	{ "at", 0, OPTION_TEXT, AT(at), .argument = "TIME", .default_text = "now",
		.help = "When it had it." },
	{ "subject", 0, OPTION_FLAG, AT(subject),
		.help = "What --archive holds about the pseudonym (GDPR art. 15)." },
	{ "archive", 'a', OPTION_LIST, AT(archives), .argument = "DIR",
		.help = "The archive for --subject; may be given several times." },
	{ "audit", 0, OPTION_FLAG, AT(audit), .group = "Who looked",
		.help = "The log itself, and whether it is whole: for who has the role "
			"\"audit\"." },
	{ "from", 0, OPTION_TEXT, AT(from), .argument = "TIME",
		.help = "With --audit: look-ups since then." },
	{ "to", 0, OPTION_TEXT, AT(to), .argument = "TIME", .help = "… and before then." },
	{ "anchor", 0, OPTION_TEXT, AT(anchor), .argument = "DIGEST",
		.help = "With --audit: a digest of the log that was noted elsewhere, as each "
			"report "
			"does; a log that was made anew does not have it." },
	{ "keys", 0, OPTION_FOLDER, AT(keys), .argument = "DIR",
		.default_text = "/etc/borderflow/keys", .group = "With which key",
		.help = "The sensor's keys, and sealed ones; or those of a holder." },
	{ "request", 0, OPTION_FILE, AT(request), .argument = "FILE",
		.help = "A past month: write a request to the officer. Wants soc.key." },
	{ "approve", 0, OPTION_FILE, AT(approve), .argument = "FILE",
		.help = "The officer, on a machine of their own: answer that request into "
			"--answer. Wants officer.key." },
	{ "answer", 0, OPTION_FILE, AT(answer), .argument = "FILE",
		.help = "Where the answer goes." },
	{ "soc", 0, OPTION_FILE, AT(soc), .argument = "FILE",
		.help = "With --approve: the SOC's public key, which alone is answered; that of "
			"--keys, unless given." },
	{ "open", 0, OPTION_FILE, AT(open), .argument = "FILE",
		.help = "Read the answer. Wants soc.key." },
	{ "break-glass", 0, OPTION_FLAG, AT(break_glass),
		.help = "A past month without the officer, by glass.key, where keys were sealed to "
			"one: told to the system log at once, and in the next report." },
	{ "policy", 'p', OPTION_FILE, AT(policy), .argument = "FILE", .group = "Whom to try",
		.help = "The organisation's rules, for its networks." },
	{ "networks", 'n', OPTION_TEXT, AT(networks), .argument = "CIDR,...",
		.help = "Own networks, instead of the policy's or the private ones." },
	{ "inventory", 0, OPTION_FILE, AT(inventory), .argument = "FILE",
		.help = "Enrolled devices (borderflow devices import)." },
	{ "list", 0, OPTION_FILE, AT(list), .argument = "FILE",
		.help = "MACs and addresses, one a line, as a switch or the DHCP server knows "
			"them: most devices go by their MAC." },
	{ NULL },
};

/* One question on its way to an answer. */
struct revealing {
	const struct reveal_settings *settings;
	const char *pseudonym; /* "" with --address, --approve, --open */
	char month[8];
	uint64_t now_ns;
};

static int log_question(const struct revealing *revealing, enum lookup_kind kind,
	const char *question, const char *reason, struct err *err)
{
	const struct reveal_settings *settings = revealing->settings;
	const struct lookup lookup = {
		.kind = kind, .question = question, .reason = reason, .now_ns = revealing->now_ns
	};

	int status = settings->archives.count ? 0 : lookup_log_append(settings->log, &lookup, err);

	for (unsigned i = 0; i < settings->archives.count && status == 0; i++) {
		status = lookup_log_append(settings->archives.items[i], &lookup, err);
	}
	return status;
}

static int log_pseudonym(const struct revealing *revealing, enum lookup_kind kind, struct err *err)
{
	char question[80];

	snprintf(question, sizeof(question), "%.40s of %s", revealing->pseudonym, revealing->month);
	return log_question(revealing, kind, question, revealing->settings->reason, err);
}

static int try_key(const struct revealing *revealing, const struct pseudonyms *pseudonyms,
	struct reveal_found *found, struct err *err)
{
	const struct reveal_settings *settings = revealing->settings;
	const struct reveal_candidates candidates = { settings->networks, settings->policy,
		settings->inventory, settings->list };

	return reveal_try(
		pseudonyms, revealing->pseudonym, revealing->month, &candidates, found, err);
}

static int print_found(const struct revealing *revealing, const struct reveal_found *found)
{
	if (found->is_found) {
		printf("%s of %s: %s\n", revealing->pseudonym, revealing->month, found->identity);
		return EXIT_DONE;
	}
	printf("%s of %s: none of %" PRIu64
	       " identities that were tried; most devices go by their MAC: --list, --inventory\n",
		revealing->pseudonym, revealing->month, found->tried);
	return EXIT_FOUND;
}

static int fail(int status, const struct err *err)
{
	return cli_fail("reveal", status, err);
}

/* The running month: its key is on the sensor. */
static int reveal_now(struct revealing *revealing)
{
	struct pseudonyms *pseudonyms = NULL;
	struct reveal_found found;
	struct err err;
	int status =
		key_months_open(&pseudonyms, revealing->settings->keys, revealing->now_ns, &err);

	if (status == 0) {
		status = log_pseudonym(revealing, LOOKUP_REVEAL, &err);
	}
	if (status == 0) {
		status = try_key(revealing, pseudonyms, &found, &err);
	}
	pseudonyms_close(pseudonyms);
	return status < 0 ? fail(status, &err) : print_found(revealing, &found);
}

static int find_sealed(
	const struct revealing *revealing, struct sealed_key *sealed, struct err *err)
{
	return sealed_key_find(sealed, revealing->settings->keys, revealing->month, err);
}

/* With the keys that are here an address of that month would get a pseudonym that nobody had. */
static bool is_out_of_reach(const struct revealing *revealing)
{
	struct sealed_key sealed;
	char now[8];
	struct err ignored;

	key_month_name(revealing->now_ns, 0, now);
	bool is_sealed = find_sealed(revealing, &sealed, &ignored) == 0;
	explicit_bzero(&sealed, sizeof(sealed));
	return is_sealed || strcmp(revealing->month, now) > 0;
}

/* What an address is called is as telling as whose a pseudonym is. */
static int reveal_address(struct revealing *revealing)
{
	const struct reveal_settings *settings = revealing->settings;
	struct pseudonyms *pseudonyms = NULL;
	char pseudonym[PSEUDONYM_LENGTH + 1], question[120];
	uint64_t time_ns;
	struct addr addr;
	struct err err;

	if (!addr_parse(settings->address, &addr)) {
		return cli_usage_error(
			&command_reveal, "--address: no address: \"%s\"", settings->address);
	}
	if (!time_word_parse(settings->at, NULL, revealing->now_ns, &time_ns)) {
		return cli_usage_error(&command_reveal, "--at: expected " TIME_WORD_EXPECTED);
	}
	key_month_name(time_ns, 0, revealing->month);
	if (is_out_of_reach(revealing)) {
		return cli_usage_error(&command_reveal,
			"--at: the key of %s is sealed or yet to come: which pseudonym an address "
			"has then nobody learns; whose a pseudonym was the officer says (--request "
			"FILE)",
			revealing->month);
	}
	snprintf(question, sizeof(question), "pseudonym of %.50s at %.30s", settings->address,
		settings->at);
	int status = key_months_open(&pseudonyms, settings->keys, revealing->now_ns, &err);
	if (status == 0) {
		status = log_question(revealing, LOOKUP_REVEAL, question, settings->reason, &err);
	}
	if (status == 0) {
		pseudonyms_of_addr(pseudonyms, &addr, time_ns, pseudonym);
		puts(pseudonym);
	}
	pseudonyms_close(pseudonyms);
	return status < 0 ? fail(status, &err) : EXIT_DONE;
}

static int write_request(struct revealing *revealing)
{
	const struct reveal_settings *settings = revealing->settings;
	struct reveal_request request = { .month = "" };
	struct sealed_key sealed;
	uint8_t soc[KEY_BYTES];
	struct err err;
	int status = find_sealed(revealing, &sealed, &err);

	status = status < 0 ? status : key_read_holder("soc", settings->keys, soc, &err);
	if (status == 0 && !sealed_key_open_outer(&sealed, soc, request.inner)) {
		status = err_set(&err, EACCES, "%s: not the key that it was sealed to, or changed",
			sealed.month);
	}
	explicit_bzero(soc, sizeof(soc));
	snprintf(request.month, sizeof(request.month), "%s", revealing->month);
	snprintf(request.pseudonym, sizeof(request.pseudonym), "%s", revealing->pseudonym);
	snprintf(request.reason, sizeof(request.reason), "%s", settings->reason);
	memcpy(request.soc, sealed.soc, sizeof(request.soc));
	if (status == 0) {
		status = log_pseudonym(revealing, LOOKUP_REQUEST, &err);
	}
	if (status == 0) {
		status = reveal_request_write(&request, settings->request, &err);
	}
	if (status == 0) {
		printf("%s: for the officer, who answers with: borderflow reveal --approve %s "
		       "--answer FILE --soc soc.pub --reason …\n",
			settings->request, settings->request);
	}
	return status < 0 ? fail(status, &err) : EXIT_DONE;
}

static int try_with(const struct revealing *revealing, const uint8_t key[KEY_BYTES],
	struct reveal_found *found, struct err *err)
{
	struct pseudonyms *pseudonyms;
	int status = pseudonyms_create(&pseudonyms, key, err);

	if (status == 0) {
		status = try_key(revealing, pseudonyms, found, err);
		pseudonyms_close(pseudonyms);
	}
	return status;
}

static void put_answer(const struct reveal_found *found, char identity[REVEAL_ANSWER_BYTES])
{
	if (found->is_found) {
		snprintf(identity, REVEAL_ANSWER_BYTES, "%s", found->identity);
	} else {
		snprintf(identity, REVEAL_ANSWER_BYTES,
			"not found among %" PRIu64 " identities that the officer tried; most "
			"devices go by their MAC: approve with --list or --inventory",
			found->tried);
	}
}

/* A request may have been changed on its way, and then asks for an answer to another key. */
static int check_asker(const struct reveal_settings *settings, const struct reveal_request *request,
	struct err *err)
{
	uint8_t soc[PUBLIC_KEY_BYTES];
	char path[PATH_MAX];

	if (settings->soc) {
		snprintf(path, sizeof(path), "%s", settings->soc);
	} else {
		snprintf(path, sizeof(path), "%.4000s/soc.pub", settings->keys);
		if (access(path, F_OK) < 0) {
			return err_set(err, ENOENT,
				"whose request is it? name the SOC's public key with --soc "
				"soc.pub, as the SOC gave it to you, or put it into %.200s",
				settings->keys);
		}
	}
	int status = public_key_read_file(path, soc, err);
	if (status == 0 && memcmp(soc, request->soc, sizeof(soc)) != 0) {
		status = err_set(err, EACCES,
			"%s: it asks for an answer to another key than %.200s: do not approve; "
			"it was changed, or is not the SOC's",
			settings->approve, path);
	}
	return status;
}

static int approve(struct revealing *revealing)
{
	const struct reveal_settings *settings = revealing->settings;
	uint8_t officer[KEY_BYTES], key[KEY_BYTES];
	char identity[REVEAL_ANSWER_BYTES];
	struct reveal_request request;
	struct reveal_found found;
	struct err err;
	int status = reveal_request_read(&request, settings->approve, &err);

	status = status < 0 ? status : key_read_holder("officer", settings->keys, officer, &err);
	status = status < 0 ? status : check_asker(settings, &request, &err);
	if (status == 0 && !sealed_key_open_inner(request.inner, officer, key)) {
		status = err_set(&err, EACCES, "%s: not for this officer's key, or changed",
			settings->approve);
	}
	explicit_bzero(officer, sizeof(officer));
	revealing->pseudonym = request.pseudonym;
	memcpy(revealing->month, request.month, sizeof(revealing->month));
	if (status == 0) {
		printf("asked: who %s of %s is, since: %s\n", request.pseudonym, request.month,
			request.reason);
		status = log_pseudonym(revealing, LOOKUP_APPROVE, &err);
	}
	if (status == 0) {
		status = try_with(revealing, key, &found, &err);
	}
	explicit_bzero(key, sizeof(key));
	if (status == 0) {
		put_answer(&found, identity);
		status = reveal_answer_write(&request, identity, settings->answer, &err);
	}
	explicit_bzero(&found, sizeof(found));
	explicit_bzero(identity, sizeof(identity));
	if (status == 0) {
		printf("%s: the answer, which the asker alone opens\n", settings->answer);
	}
	return status < 0 ? fail(status, &err) : EXIT_DONE;
}

static int open_answer(struct revealing *revealing)
{
	const struct reveal_settings *settings = revealing->settings;
	char pseudonym[PSEUDONYM_LENGTH + 1], identity[REVEAL_ANSWER_BYTES];
	uint8_t soc[KEY_BYTES];
	struct err err;
	int status = key_read_holder("soc", settings->keys, soc, &err);

	if (status == 0) {
		status = reveal_answer_read(settings->open, soc, pseudonym, identity, &err);
	}
	explicit_bzero(soc, sizeof(soc));
	if (status == 0) {
		status = log_question(revealing, LOOKUP_REVEAL, pseudonym, settings->reason, &err);
	}
	if (status == 0) {
		printf("%s: %s\n", pseudonym, identity);
	}
	return status < 0 ? fail(status, &err) : EXIT_DONE;
}

/* Told before it is done. */
static void tell_officer(const struct revealing *revealing)
{
	openlog("borderflow", LOG_PID, LOG_AUTH);
	syslog(LOG_CRIT, "the glass was broken: %s of %s is being revealed without the officer: %s",
		revealing->pseudonym, revealing->month, revealing->settings->reason);
	closelog();
	cli_notice("reveal", "the glass was broken: the officer is told by the system log "
			     "(auth.crit), and the next report says so");
}

static int break_glass(struct revealing *revealing)
{
	uint8_t glass[KEY_BYTES], key[KEY_BYTES];
	struct sealed_key sealed;
	struct reveal_found found;
	struct err err;
	int status = find_sealed(revealing, &sealed, &err);

	if (status == 0 && !sealed.has_glass) {
		status = err_set(&err, ENOENT,
			"%s: it was sealed to two holders alone: there is no glass to break",
			sealed.month);
	}
	if (status == 0) {
		status = key_read_holder("glass", revealing->settings->keys, glass, &err);
	}
	if (status == 0 && !box_open(glass, sealed.glass, sizeof(sealed.glass), key)) {
		status = err_set(&err, EACCES, "%s: not the key that it was sealed to, or changed",
			sealed.month);
	}
	explicit_bzero(glass, sizeof(glass));
	if (status == 0) {
		status = log_pseudonym(revealing, LOOKUP_BREAK_GLASS, &err);
	}
	if (status == 0) {
		tell_officer(revealing);
		status = try_with(revealing, key, &found, &err);
	}
	explicit_bzero(key, sizeof(key));
	return status < 0 ? fail(status, &err) : print_found(revealing, &found);
}

static int list_subject(struct revealing *revealing)
{
	const struct option_list *archives = &revealing->settings->archives;
	struct err err;

	if (archives->count == 0) {
		return cli_usage_error(&command_reveal, "--subject: name the archive: --archive");
	}
	int status = log_pseudonym(revealing, LOOKUP_SUBJECT, &err);
	for (unsigned i = 0; i < archives->count && status == 0; i++) {
		status = reveal_print_subject(archives->items[i], revealing->pseudonym, &err);
	}
	return status < 0 ? fail(status, &err) : EXIT_DONE;
}

static int read_time(
	const struct revealing *revealing, const char *label, const char *word, uint64_t *time_ns)
{
	if (word && !time_word_parse(word, NULL, revealing->now_ns, time_ns)) {
		return cli_usage_error(
			&command_reveal, "--%s: expected " TIME_WORD_EXPECTED, label);
	}
	return EXIT_DONE;
}

/* Who reads the log stands in it: the last line that is printed is the reader's own. */
static int audit(struct revealing *revealing)
{
	const struct reveal_settings *settings = revealing->settings;
	const struct option_list *archives = &settings->archives;
	struct reveal_audit audit = { .folder = settings->log, .anchor = settings->anchor };
	struct err err;
	int wrong = read_time(revealing, "from", settings->from, &audit.from_ns);

	wrong = wrong ? wrong : read_time(revealing, "to", settings->to, &audit.to_ns);
	if (wrong) {
		return wrong;
	}
	int status = log_question(
		revealing, LOOKUP_AUDIT, "the log of look-ups", settings->reason, &err);
	for (unsigned i = 0; i < (archives->count ? archives->count : 1) && status == 0; i++) {
		audit.folder = archives->count ? archives->items[i] : settings->log;
		status = reveal_print_audit(&audit, &err);
	}
	if (status == -EBADMSG) {
		cli_error("reveal", err.text);
		return EXIT_FOUND;
	}
	return status < 0 ? fail(status, &err) : EXIT_DONE;
}

static bool is_month(const char *text)
{
	int year, month, end = 0;

	return sscanf(text, "%4d-%2d%n", &year, &month, &end) == 2 && end == 7 &&
	       text[end] == '\0' && month >= 1 && month <= 12;
}

/* Of another month than this one: what is to be done depends on where its key is. */
static int refuse_past(const struct revealing *revealing)
{
	struct sealed_key sealed;
	char now[8];
	struct err err;

	key_month_name(revealing->now_ns, 0, now);
	if (strcmp(revealing->month, now) > 0) {
		return cli_usage_error(&command_reveal, "%s has not begun", revealing->month);
	}
	if (find_sealed(revealing, &sealed, &err) < 0) {
		char sentence[sizeof(err.text) + 160];
		snprintf(sentence, sizeof(sentence),
			"%s; where the sensor still has it, seal it (borderflow keys seal), then "
			"ask the officer with --request FILE",
			err.text);
		cli_error("reveal", sentence);
		return EXIT_USAGE;
	}
	explicit_bzero(&sealed, sizeof(sealed));
	return cli_usage_error(&command_reveal,
		"%s is over, and its key is sealed: ask the officer with --request FILE",
		revealing->month);
}

static int run(void *values, char *const *arguments, unsigned count)
{
	struct revealing revealing = { .settings = values,
		.pseudonym = count == 1 ? arguments[0] : "",
		.now_ns = clock_now_ns() };
	const struct reveal_settings *settings = values;
	bool is_other = settings->address || settings->approve || settings->open || settings->audit;

	key_month_name(revealing.now_ns, 0, revealing.month);
	if (!settings->reason || !settings->reason[0]) {
		return cli_usage_error(&command_reveal, "say why: --reason TEXT; it is logged");
	}
	if (count != (is_other ? 0 : 1) ||
		(!is_other && strlen(revealing.pseudonym) != PSEUDONYM_LENGTH)) {
		return cli_usage_error(&command_reveal,
			"expected one pseudonym, of %d letters and digits", PSEUDONYM_LENGTH);
	}
	if (settings->approve && !settings->answer) {
		return cli_usage_error(&command_reveal, "--approve: where to: --answer FILE");
	}
	bool is_past = settings->month && strcmp(settings->month, revealing.month) != 0;
	if (settings->month) {
		snprintf(revealing.month, sizeof(revealing.month), "%s", settings->month);
	}
	if (settings->month && !is_month(settings->month)) {
		return cli_usage_error(&command_reveal,
			"--month: expected a month such as 2026-10, found \"%s\"", settings->month);
	}
	if (is_past && !settings->request && !settings->break_glass && !settings->subject) {
		return refuse_past(&revealing);
	}
	return settings->audit         ? audit(&revealing)
	       : settings->address     ? reveal_address(&revealing)
	       : settings->approve     ? approve(&revealing)
	       : settings->open        ? open_answer(&revealing)
	       : settings->subject     ? list_subject(&revealing)
	       : settings->request     ? write_request(&revealing)
	       : settings->break_glass ? break_glass(&revealing)
				       : reveal_now(&revealing);
}

const struct command command_reveal = {
	.name = "reveal",
	.arguments = "[PSEUDONYM]",
	.summary = "who a pseudonym is, with a reason, into a chained log",
	.description =
		"Resolves a pseudonym to the address, or the enrolled device, that it stands for, "
		"by trying those of the organisation. Each question is logged with its reason "
		"before it is answered; what cannot be logged is not answered. DIR/roles, or "
		"/etc/borderflow/roles, says who may (\"USER look,approve,audit\").\n\n"
		"The running month's key is on the sensor. That of a past month is sealed to two "
		"holders (borderflow keys seal), and neither opens it alone: the SOC writes a "
		"request with soc.key, the officer approves it on a machine of their own with "
		"officer.key, and the answer is for the SOC's key alone. Where a third key was "
		"put into a safe, --break-glass goes without the officer, who is told at once.\n\n"
		"The pseudonym of an address (--address) and what is held about a pseudonym "
		"(--subject) are look-ups too. --audit prints the log and checks its chain; that "
		"is "
		"logged as well.",
	.examples =
		"  # borderflow reveal mfrggzdfmztwq2lknnwg23tp --reason \"case 2026/17\"\n"
		"  $ borderflow reveal mfrggzdfmztwq2lknnwg23tp --month 2026-10 --request ask.txt "
		"--keys soc/ --reason \"case 2026/17\"\n"
		"  $ borderflow reveal --approve ask.txt --answer answer.txt --soc soc.pub "
		"--keys officer/ --reason approved\n"
		"  $ borderflow reveal --open answer.txt --keys soc/ --reason \"case 2026/17\"\n"
		"  $ borderflow reveal --audit --log flows/ --from 2026-10-01 --reason \"yearly "
		"audit\"\n",
	.settings_bytes = sizeof(struct reveal_settings),
	.options = options,
	.run = run,
};

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_head.h"
#include "analyzer/archive/archive_reader.h"
#include "analyzer/archive/archive_rebuild.h"
#include "analyzer/archive/archive_retention.h"
#include "analyzer/record/keys.h"
#include "base/clock.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/retention_options.h"

extern const struct command command_archive;

struct archive_settings {
	const char *archive, *keys;
	struct retention_settings retention;
};

#define AT(field) offsetof(struct archive_settings, field)

static const struct option options[] = {
	{ "archive", 'a', OPTION_FOLDER, AT(archive), .argument = "DIR", .group = "Which",
		.help = "The archive, as analyze --archive and capture write it." },
	{ "keys", 0, OPTION_FOLDER, AT(keys), .argument = "DIR",
		.help = "The keys that \"borderflow keys init\" made: tombstones and heads are "
			"signed with signing.key." },
	RETENTION_OPTIONS(AT(retention), NULL, NULL, NULL),
	{ NULL },
};

static void print_problem(void *context, const char *sentence)
{
	uint64_t *problems = context;

	++*problems;
	cli_error("archive", sentence);
}

static int fail(int status, const struct err *err)
{
	return cli_fail("archive", status, err);
}

static void say_pruned(const char *folder, const struct archive_pruned *pruned)
{
	printf("%s: deleted %" PRIu64 " records, %" PRIu64 " cells of hours, %" PRIu64
	       " rows of days, in %" PRIu64 " segments, %.1f MB; tombstones: %s/deleted\n",
		folder, pruned->records[ARCHIVE_SHELF_FLOWS], pruned->records[ARCHIVE_SHELF_HOURS],
		pruned->records[ARCHIVE_SHELF_DAYS],
		pruned->segments[ARCHIVE_SHELF_FLOWS] + pruned->segments[ARCHIVE_SHELF_HOURS] +
			pruned->segments[ARCHIVE_SHELF_DAYS],
		(double)pruned->bytes / 1e6, folder);
}

/* What is to write into an archive would make one of any folder that it is given. */
static int find_archive(const char *folder, struct err *err)
{
	const struct archive_options archive = { .folder = folder };
	struct archive_reader *reader;
	char deleted[PATH_MAX];

	if (snprintf(deleted, sizeof(deleted), "%s/deleted", folder) < PATH_MAX &&
		access(deleted, F_OK) == 0) {
		return 0;
	}
	int status = archive_reader_open(&reader, &archive, err);
	if (status == 0) {
		archive_reader_close(reader);
	}
	return status;
}

static int prune(const struct archive_settings *settings)
{
	const struct retention retention = retention_of(&settings->retention);
	uint8_t secret[KEY_BYTES];
	struct archive_pruned pruned;
	struct archive_writer *writer;
	bool is_there;
	struct err err;

	if (!retention.records_ns && !retention.hours_ns && !retention.days_ns &&
		!retention.bytes) {
		return cli_usage_error(&command_archive,
			"prune: say what may be kept: --keep-records 90d, --keep-hours, "
			"--keep-days or --keep-size");
	}
	int status = find_archive(settings->archive, &err);
	if (status == 0) {
		status = key_read(KEY_SIGNING, settings->keys, secret, &is_there, &err);
	}
	if (status == 0) {
		status = archive_writer_open(&writer, settings->archive, false, &err);
	}
	if (status < 0) {
		return fail(status, &err);
	}
	if (is_there) {
		archive_writer_sign(writer, secret);
	}
	explicit_bzero(secret, sizeof(secret));
	status = archive_writer_prune(writer, &retention, clock_now_ns(), &pruned, &err);
	int closed = archive_writer_close(writer, status < 0 ? NULL : &err);
	say_pruned(settings->archive, &pruned);
	status = status < 0 ? status : closed;
	return status < 0 ? fail(status, &err) : EXIT_DONE;
}

static int rebuild(const struct archive_settings *settings)
{
	uint64_t problems = 0; /* blocks that are other among them */
	const struct archive_options archive = {
		.folder = settings->archive, .problem = print_problem, .problem_context = &problems
	};
	struct archive_rebuilt rebuilt;
	struct err err;

	int status = archive_rebuild(&archive, &rebuilt, &err);
	if (status < 0) {
		return fail(status, &err);
	}
	printf("%s: of what hours add up to, %" PRIu64
	       " blocks were made again from records: %" PRIu64 " the same bytes, %" PRIu64
	       " NOT; of %" PRIu64 " more the records are past retention\n",
		settings->archive, rebuilt.same + rebuilt.other, rebuilt.same, rebuilt.other,
		rebuilt.gone);
	return rebuilt.other ? EXIT_FOUND : problems > 0 ? EXIT_INPUT : EXIT_DONE;
}

static int print_head(const struct archive_settings *settings)
{
	char anchor[ARCHIVE_ANCHOR_BYTES], key[2 * PUBLIC_KEY_BYTES + 1];
	struct archive_head head;
	struct err err;

	int status = archive_head_read(settings->archive, &head, &err);
	if (status < 0) {
		return fail(status, &err);
	}
	archive_head_anchor(&head, anchor);
	digest_hex(head.key, sizeof(head.key), key);
	printf("%s\n%s%s\n", anchor, head.is_signed ? "signed by " : "not signed",
		head.is_signed ? key : "");
	return head.is_signed && !head.holds ? EXIT_FOUND : EXIT_DONE;
}

static int run(void *values, char *const *arguments, unsigned count)
{
	static const struct {
		const char *name;
		int (*run)(const struct archive_settings *settings);
	} actions[] = { { "prune", prune }, { "rebuild", rebuild }, { "head", print_head } };
	const struct archive_settings *settings = values;

	for (unsigned i = 0; count == 1 && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(arguments[0], actions[i].name) == 0) {
			return settings->archive ? actions[i].run(settings)
						 : cli_usage_error(&command_archive,
							   "name the archive: --archive DIR");
		}
	}
	return cli_usage_error(&command_archive, "expected prune, rebuild or head");
}

const struct command command_archive = {
	.name = "archive",
	.arguments = "prune | rebuild | head",
	.summary = "an archive's retention, its sums held against its records, its head",
	.description =
		"prune deletes what is older than may be kept, or more than there is room for, as "
		"capture does by itself: whole segments, oldest first, records once their hours "
		"are added up, hours once their day is closed. What is deleted leaves a line in "
		"DIR/deleted, signed where there is a signing key, and a question about that time "
		"is answered \"past retention\".\n\n"
		"rebuild adds the records up again and compares with what stands there, byte for "
		"byte.\n\n"
		"head prints where the chains end: to be noted outside the machine, and held "
		"against the archive later with \"borderflow flows --verify --anchor DIGEST\".",
	.examples = "  # borderflow archive prune -a flows/ --keep-records 90d --keep-hours 90d\n"
		    "  $ borderflow archive rebuild -a flows/\n"
		    "  $ borderflow archive head -a flows/\n",
	.settings_bytes = sizeof(struct archive_settings),
	.options = options,
	.run = run,
};

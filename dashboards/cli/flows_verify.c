/* `flows --verify`: is the archive whole, and who vouches for it? */
#include <inttypes.h>
#include <stdio.h>

#include "analyzer/archive/archive_inputs.h"
#include "analyzer/record/keys.h"
#include "base/clock.h"
#include "dashboards/cli/flows_cmd.h"

/* The public key that must have signed: "" any. */
static int find_signer(const struct flows_answer *answer, uint8_t key[PUBLIC_KEY_BYTES], bool *has,
	struct err *err)
{
	const char *path = answer->settings->signer;

	*has = path != NULL;
	return path ? public_key_read_file(path, key, err) : 0;
}

/* After a kill -9: which input is not all here, and up to when it is. */
static void say_unfinished(const char *folder, uint64_t last_ns)
{
	char name[INPUT_NAME_BYTES], last[CLOCK_TEXT_LENGTH + 1];
	unsigned count = archive_inputs_unfinished(folder, name);

	if (count > 0) {
		clock_format(last_ns, last);
		printf("The input %s%s was begun and not finished: what came after %.19sZ of it is "
		       "missing.\n",
			name, count > 1 ? " (and others)" : "", last);
	}
}

static void say_signature(const struct archive_check *check)
{
	switch (check->signature) {
	case ARCHIVE_NO_HEAD:
		puts("The archive has no head yet: nothing in it is signed.");
		break;
	case ARCHIVE_UNSIGNED:
		puts("The head is not signed: a chain alone does not show whether its end was cut "
		     "off, or all of it made\nanew. Compare the ends above with ones that were "
		     "noted elsewhere (--anchor).");
		break;
	case ARCHIVE_SIGNED:
		printf("The head is signed by the key that was given: %s\n", check->signer);
		break;
	case ARCHIVE_SIGNED_BY:
		printf("The head is signed by %s\nWhose key that is, this archive cannot say: "
		       "give it (--signer signing.pub).\n",
			check->signer);
		break;
	case ARCHIVE_SIGNED_WRONG:
		puts("The signature does NOT hold.");
		break;
	}
}

static int verify(struct flows_answer *answer)
{
	uint8_t signer[PUBLIC_KEY_BYTES];
	struct archive_check check;
	bool has_signer;
	struct err err;

	if (find_signer(answer, signer, &has_signer, &err) < 0 ||
		archive_verify(&answer->archive, has_signer ? signer : NULL,
			answer->settings->anchor, &check, &err) < 0) {
		cli_error("flows", err.text);
		return EXIT_USAGE;
	}
	const struct archive_stats *stats = &check.stats;
	printf("%s: %" PRIu64 " records in %" PRIu64 " blocks of %" PRIu64 " segments, %" PRIu64
	       " blocks of hours and days: %s\n"
	       "last block %s\n",
		answer->archive.folder, stats->records, stats->blocks, stats->segments,
		check.sum_blocks,
		stats->problems ? "NOT whole" : "whole, every digest and the chain hold",
		stats->head);
	if (check.deleted > 0) {
		printf("%" PRIu64 " records and cells were deleted, as %s/deleted says\n",
			check.deleted, answer->archive.folder);
	}
	if (check.anchor[0]) {
		printf("head %s\n", check.anchor);
	}
	if (answer->settings->anchor && !stats->problems) {
		puts("What was noted elsewhere is in it.");
	}
	flows_say_gaps(answer->archive.folder, stats);
	say_unfinished(answer->archive.folder, stats->last_ns);
	say_signature(&check);
	return stats->problems ? EXIT_FOUND : EXIT_DONE;
}

/* Each for itself; the worst status of them. */
int flows_verify(struct flows_answer *answer)
{
	const struct option_list *archives = &answer->settings->archives;
	int worst = EXIT_DONE;

	if (answer->settings->anchor && archives->count > 1) {
		return cli_usage_error(
			&command_flows, "--anchor is of one archive: name that one alone");
	}
	for (unsigned i = 0; i < archives->count; i++) {
		answer->archive.folder = archives->items[i];
		int status = verify(answer);
		worst = status > worst ? status : worst;
	}
	return worst;
}

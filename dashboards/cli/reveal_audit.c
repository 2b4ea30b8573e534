#include "dashboards/cli/reveal_audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/record/lookup_log.h"
#include "base/text.h"

struct auditing {
	const struct reveal_audit *audit;
	unsigned lines, printed;
	char last[65];
	bool has_anchor;
};

static void print_cell(const char *value, char end)
{
	struct text safe;

	text_init_heap(&safe);
	text_put_terminal(&safe, value, strlen(value));
	printf("%s%c", safe.at ? safe.at : "", end);
	text_deinit(&safe);
}

static void take_line(void *context, const struct lookup_line *line)
{
	struct auditing *auditing = context;
	const struct reveal_audit *audit = auditing->audit;

	auditing->lines++;
	snprintf(auditing->last, sizeof(auditing->last), "%s", line->digest);
	auditing->has_anchor |= audit->anchor && strcmp(audit->anchor, line->digest) == 0;
	if (line->time_ns < audit->from_ns || (audit->to_ns && line->time_ns >= audit->to_ns)) {
		return;
	}
	auditing->printed++;
	print_cell(line->time, '\t');
	print_cell(line->user, '\t');
	print_cell(line->kind, '\t');
	print_cell(line->question, '\t');
	print_cell(line->reason, '\n');
}

int reveal_print_audit(const struct reveal_audit *audit, struct err *err)
{
	struct auditing auditing = { .audit = audit };
	int status;

	puts("time\tuser\tkind\tquestion\treason");
	status = lookup_log_read(audit->folder, take_line, &auditing, err);
	if (status < 0) {
		return status;
	}
	if (audit->anchor && !auditing.has_anchor) {
		return err_set(err, EBADMSG,
			"%s/lookups.tsv: no line has the digest %.64s: the log was cut off or made "
			"anew, or is another one",
			audit->folder, audit->anchor);
	}
	printf("# %u of %u lines; the chain is whole%s; it ends %s\n", auditing.printed,
		auditing.lines, audit->anchor ? " and holds the digest that was given" : "",
		auditing.last);
	if (!audit->anchor) {
		puts("# had its end been cut off it would be whole as well: --anchor DIGEST, of a "
		     "report or of the audit before, shows that nothing is missing");
	}
	return 0;
}

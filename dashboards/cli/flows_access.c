/* Who may see what: groups under protection, of which time, and the log of looks at devices. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_pseudonyms.h"
#include "analyzer/record/lookup_log.h"
#include "analyzer/record/pseudonyms.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "dashboards/cli/flows_cmd.h"

#define HOUR_NS (3600 * NS_PER_S)

static bool has_hours(const struct grouping *grouping)
{
	const struct field *hour = field_find("hour", 4);
	bool has = false;

	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		has |= grouping_field(grouping, i) == hour;
	}
	return has;
}

static uint64_t hour_of(const struct flows_answer *answer, uint64_t time_ns)
{
	int64_t offset_ns =
		(int64_t)local_offset_s(answer->question.zone, time_ns) * (int64_t)NS_PER_S;

	return time_ns - ((uint64_t)((int64_t)time_ns + offset_ns)) % HOUR_NS;
}

/* What cells have no finer: a window that begins or ends within five minutes tells of those that
 * are wholly in it. */
static struct view_question question_of(const struct flows_answer *answer)
{
	uint64_t from_ns = answer->archive.from_ns, to_ns = answer->archive.to_ns;

	return (struct view_question){ .from_ns = (from_ns + SLOT_NS - 1) / SLOT_NS * SLOT_NS,
		.to_ns = to_ns / SLOT_NS * SLOT_NS };
}

static void say_told(const struct view_told *told, unsigned k)
{
	if (told->days_withheld + told->days_cut > 0) {
		cli_notice("flows",
			"%u days are left out, since fewer than %u devices were active on them, "
			"and of %u a part, which so many were not active in or which is not over",
			told->days_withheld, k, told->days_cut);
	}
}

static int refuse(const struct view_told *told, unsigned k, struct err *err)
{
	if (told->is_running) {
		return err_set(err, EPERM,
			"no figure is shown yet: of a day that is not over only its earlier hours "
			"are told, and those only if %u devices or more were active in them",
			k);
	}
	return err_set(err, EPERM,
		"fewer than %u devices were active in that time: no figure is shown", k);
}

/* Which time groups under protection speak of. */
static int ask_told(struct flows_answer *answer, struct view *view, struct err *err)
{
	const struct view_access access = { .role = VIEW_PROTECTED,
		.k = answer->k,
		.zone = answer->question.zone,
		.now_ns = clock_now_ns() };
	struct view_question question = question_of(answer);
	int status = question.to_ns && question.to_ns <= question.from_ns
			     ? 0
			     : view_ask_told(view, &access, &question, &answer->told, err);

	if (status == 0 && answer->told.count == 0) {
		return refuse(&answer->told, access.k, err);
	}
	say_told(&answer->told, answer->k);
	if (status == 0 && has_hours(answer->grouping)) {
		const struct view_told *told = &answer->told;
		question.from_ns = hour_of(answer, told->spans[0].from_ns);
		question.to_ns = hour_of(answer, told->spans[told->count - 1].to_ns - 1) + HOUR_NS;
		question.step_ns = HOUR_NS;
		answer->hours_from_ns = question.from_ns;
		status = view_ask_told(view, &access, &question, &answer->hours, err);
	}
	return status;
}

int flows_ask_told(struct flows_answer *answer, struct err *err)
{
	const struct option_list *archives = &answer->settings->archives;
	const struct view_archive_options options = {
		.folders = (const char *const *)archives->items, .folder_count = archives->count
	};
	struct view *view;

	if (!answer->protect) {
		return 0;
	}
	int status = view_open_archive(&view, &options, err);
	if (status == 0) {
		status = ask_told(answer, view, err);
		view_close(view);
	}
	return status;
}

static bool is_in(const struct view_told *told, uint64_t time_ns)
{
	size_t low = 0, high = told->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (told->spans[middle].to_ns <= time_ns) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < told->count && told->spans[low].from_ns <= time_ns;
}

bool flows_may_tell(const struct flows_answer *answer, const struct record *record)
{
	uint64_t time_ns =
		answer->archive.whole ? record->flow.flow_start_ns : record->flow.start_ns;
	const struct view_told *hours = &answer->hours;

	if (!answer->protect) {
		return true;
	}
	if (!is_in(&answer->told, time_ns)) {
		return false;
	}
	return !hours->is_step_hidden ||
	       !hours->is_step_hidden[(time_ns - answer->hours_from_ns) / HOUR_NS];
}

/* Days and small groups are those of the page and of reports, where the archive says by which clock
 * and k it closes its days. Another clock may be asked for. */
static void take_closing(struct flows_answer *answer)
{
	struct flows_settings *settings = (struct flows_settings *)answer->settings;
	struct archive_closing closing;
	struct local_zone *zone;

	answer->k = FLOWS_GROUP_MINIMUM;
	for (unsigned i = 0; i < settings->archives.count; i++) {
		if (!archive_closing_read(settings->archives.items[i], &closing)) {
			continue;
		}
		answer->k = i == 0 || closing.k > answer->k ? closing.k : answer->k;
		if (!settings->time_zone && local_zone_open(&zone, closing.zone, NULL) == 0) {
			local_zone_close(zone);
			answer->closing = closing;
			settings->time_zone = answer->closing.zone;
		}
	}
	if (answer->closing.zone[0] && strcmp(answer->closing.zone, "UTC") != 0) {
		cli_notice("flows",
			"times are of %s, by whose clock the archive closes its days (--time-zone "
			"asks for another one)",
			answer->closing.zone);
	}
}

int flows_judge_access(struct flows_answer *answer, struct err *err)
{
	const struct flows_settings *settings = answer->settings;
	struct pseudonyms *pseudonyms = NULL;
	int status = 0;

	if (!settings->group_by || settings->verify) {
		return 0;
	}
	if (settings->key) {
		status = pseudonyms_open(&pseudonyms, settings->key, err);
		pseudonyms_close(pseudonyms);
		return status;
	}
	for (unsigned i = 0; i < settings->archives.count && status >= 0; i++) {
		status = archive_has_pseudonyms(settings->archives.items[i], NULL, err);
		answer->is_protected |= status == 1;
	}
	if (answer->is_protected) {
		take_closing(answer);
	}
	return status < 0 ? status : 0;
}

int flows_protect_groups(struct flows_answer *answer, struct err *err)
{
	const struct group_protect_rules rules = { answer->archive.from_ns, answer->archive.to_ns,
		answer->question.zone, answer->k };

	return answer->is_protected ? group_protect_create(&answer->protect, answer->grouping,
					      answer->question.query, &rules, err)
				    : 0;
}

/* Single devices are looked at through one door, which keeps a log: by records that name them, or
 * by groups with the key. */
int flows_log_look_up(const struct flows_answer *answer, struct err *err)
{
	const struct flows_settings *settings = answer->settings;
	char question[FLOW_QUESTION_BYTES + 256];
	int status = 0;

	if (answer->grouping && !settings->key) {
		return 0;
	}
	snprintf(question, sizeof(question), "flows %s%s%s from %s to %s", answer->question.filter,
		settings->group_by ? " by " : "", settings->group_by ? settings->group_by : "",
		settings->last   ? settings->last
		: settings->from ? settings->from
				 : "the beginning",
		settings->to ? settings->to : "the end");
	const struct lookup lookup = { .kind = LOOKUP_READ,
		.question = question,
		.reason = settings->reason ? settings->reason : "",
		.now_ns = clock_now_ns() };
	for (unsigned i = 0; i < settings->archives.count && status == 0; i++) {
		const char *folder = settings->archives.items[i];
		status = archive_has_pseudonyms(folder, NULL, err);
		if (status == 1) {
			status = lookup_log_append(folder, &lookup, err);
		}
	}
	return status;
}

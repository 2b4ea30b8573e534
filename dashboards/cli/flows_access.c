/* Who may see what: groups under protection, of which time, and the log of looks at devices. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_protection.h"
#include "analyzer/archive/archive_pseudonyms.h"
#include "analyzer/record/lookup_log.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "dashboards/cli/flows_cmd.h"

#define HOUR_NS (3600 * NS_PER_S)

static uint64_t hour_of(const struct flows_answer *answer, uint64_t time_ns)
{
	int64_t offset_ns =
		(int64_t)local_offset_s(flows_zone(answer), time_ns) * (int64_t)NS_PER_S;

	return time_ns - ((uint64_t)((int64_t)time_ns + offset_ns)) % HOUR_NS;
}

const struct local_zone *flows_zone(const struct flows_answer *answer)
{
	return answer->k ? answer->protected_zone : answer->question.zone;
}

/* What cells have no finer: a window that begins or ends within five minutes tells of those that
 * are wholly in it. */
static struct view_question question_of(const struct flows_answer *answer)
{
	uint64_t from_ns = answer->archive.from_ns, to_ns = answer->archive.to_ns;

	return (struct view_question){ .from_ns = (from_ns + SLOT_NS - 1) / SLOT_NS * SLOT_NS,
		.to_ns = to_ns / SLOT_NS * SLOT_NS };
}

static void say_told(const struct flows_answer *answer)
{
	const struct view_told *told = &answer->told;

	if (told->days_withheld > 0) {
		cli_notice("flows",
			"%u day%s left out, since fewer than %u devices were active then",
			told->days_withheld, told->days_withheld == 1 ? " is" : "s are", answer->k);
	}
	if (told->days_cut > 0) {
		cli_notice("flows",
			"of %u day%s a part is left out, which is not over or in which fewer than "
			"%u "
			"devices were active",
			told->days_cut, told->days_cut == 1 ? "" : "s", answer->k);
	}
}

static int refuse(const struct flows_answer *answer, struct err *err)
{
	if (answer->told.is_running) {
		return err_set(err, EPERM,
			"no figure is shown yet: of a day that is not over only its earlier hours "
			"are told, and those only if %u devices or more were active in them",
			answer->k);
	}
	if (answer->told.days_cut > 0) {
		return err_set(err, EPERM,
			"no figure is shown: no part of a day of %s in which %u devices or more "
			"were active lies wholly in that time (--time-zone %s asks by its clock)",
			local_zone_name(answer->protected_zone), answer->k,
			local_zone_name(answer->protected_zone));
	}
	return err_set(err, EPERM,
		"fewer than %u devices were active in that time: no figure is shown", answer->k);
}

static struct view_access access_of(const struct flows_answer *answer)
{
	return (struct view_access){ .role = VIEW_PROTECTED,
		.k = answer->k,
		.zone = answer->protected_zone,
		.now_ns = clock_now_ns() };
}

/* Which time groups of the body speak of; of the hours of the day those of which all is told. */
static int ask_told(struct flows_answer *answer, struct view *view, struct err *err)
{
	const struct view_access access = access_of(answer);
	struct view_question question = question_of(answer);
	int status = question.to_ns && question.to_ns <= question.from_ns
			     ? 0
			     : view_ask_told(view, &access, &question, &answer->told, err);

	if (status == 0 && answer->told.count == 0) {
		return refuse(answer, err);
	}
	say_told(answer);
	if (status == 0 && group_protect_asks_hours(answer->grouping, answer->question.query)) {
		const struct view_told *told = &answer->told;
		question.from_ns = hour_of(answer, told->spans[0].from_ns);
		question.to_ns = hour_of(answer, told->spans[told->count - 1].to_ns - 1) + HOUR_NS;
		question.step_ns = HOUR_NS;
		answer->hours_from_ns = question.from_ns;
		status = view_ask_told(view, &access, &question, &answer->hours, err);
	}
	return status;
}

static int open_view(const struct flows_answer *answer, struct view **view, struct err *err)
{
	const struct option_list *archives = &answer->settings->archives;
	const struct view_archive_options options = {
		.folders = (const char *const *)archives->items, .folder_count = archives->count
	};

	return view_open_archive(view, &options, err);
}

int flows_ask_told(struct flows_answer *answer, struct err *err)
{
	struct view *view;

	if (!answer->k) {
		return 0;
	}
	int status = open_view(answer, &view, err);
	if (status == 0) {
		status = ask_told(answer, view, err);
		view_close(view);
	}
	return status;
}

/* Why of that time nothing is told of units and classes. */
static int refuse_parts(
	const struct flows_answer *answer, const struct flow_sums_days *days, struct err *err)
{
	if (days->told.from_ns >= days->told.to_ns) {
		return err_set(err, EPERM,
			"no figure is shown yet: a day's tables are made when it is over, and no "
			"whole day of %s that is over lies in that time (--time-zone %s asks by "
			"its clock)",
			local_zone_name(answer->protected_zone),
			local_zone_name(answer->protected_zone));
	}
	return err_set(err, EPERM,
		"fewer than %u devices were active on those days: no figure is shown", answer->k);
}

static void say_parts(const struct flows_answer *answer, const struct flow_sums_days *days)
{
	char first[11], last[11];

	local_format_date(answer->protected_zone, days->told.from_ns, first);
	local_format_date(answer->protected_zone, days->told.to_ns - 1, last);
	cli_notice("flows",
		"from the protected tables of days that are over (%s to %s, %s); records are not "
		"counted",
		first, last, local_zone_name(answer->protected_zone));
	if (days->withheld > 0) {
		cli_notice("flows",
			"%u of %u days are left out, since fewer than %u devices were active on "
			"them",
			days->withheld, days->count, answer->k);
	}
}

int flows_read_parts(struct flows_answer *answer, struct err *err)
{
	const struct view_access access = access_of(answer);
	struct flow_sums_days days = { .asked = {
					       answer->archive.from_ns, answer->archive.to_ns } };
	struct view *view;
	int status = open_view(answer, &view, err);

	if (status == 0) {
		status = flow_sums_read_days(
			&answer->sums, answer->grouping, view, &access, &days, err);
		view_close(view);
	}
	if (status == 0 && days.count == days.withheld) {
		status = refuse_parts(answer, &days, err);
	}
	if (status == 0) {
		const struct group_row *rows;
		answer->matched = flow_sums_rows(answer->sums, 0, &rows);
		say_parts(answer, &days);
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

	if (!answer->k) {
		return true;
	}
	if (!is_in(&answer->told, time_ns)) {
		return false;
	}
	return !hours->is_step_hidden ||
	       !hours->is_step_hidden[(time_ns - answer->hours_from_ns) / HOUR_NS];
}

static bool is_day_edge(const struct local_zone *zone, uint64_t time_ns)
{
	return time_ns == 0 || local_day_of(zone, time_ns).start_ns == time_ns;
}

/* Of whole days by the clock that they were asked by, or by the one that they are told by. */
static bool is_of_days(const struct flows_answer *answer)
{
	uint64_t from_ns = answer->archive.from_ns, to_ns = answer->archive.to_ns;
	const struct local_zone *asked = answer->question.zone, *told = answer->protected_zone;

	return (is_day_edge(asked, from_ns) || is_day_edge(told, from_ns)) &&
	       (is_day_edge(asked, to_ns) || is_day_edge(told, to_ns));
}

/* The clock is the archive's: where another one was asked for, that one only reads the time of the
 * question. */
static void say_clock(const struct flows_answer *answer, const char *asked)
{
	const char *told = local_zone_name(answer->protected_zone);

	if (strcmp(told, asked ? asked : "UTC") != 0) {
		cli_notice("flows",
			"days and hours are those of %s, by whose clock the archive is protected",
			told);
	}
}

/* Days and small groups are those of the page and of reports. */
static int protect(struct flows_answer *answer, struct err *err)
{
	struct flows_settings *settings = (struct flows_settings *)answer->settings;
	const struct option_list *archives = &settings->archives;
	struct archive_protection protection;
	int status = archive_protection_of(
		(const char *const *)archives->items, archives->count, &protection, err);

	answer->k = protection.k;
	if (status == 0 && answer->k) {
		status = archive_protection_zone(&protection, &answer->protected_zone, err);
	}
	if (status == 0 && answer->k) {
		say_clock(answer, settings->time_zone);
		settings->time_zone = settings->time_zone ? settings->time_zone
							  : local_zone_name(answer->protected_zone);
	}
	return status;
}

int flows_judge_access(struct flows_answer *answer, struct err *err)
{
	const struct flows_settings *settings = answer->settings;
	const struct option_list *archives = &settings->archives;

	if (!settings->group_by || settings->verify) {
		return 0;
	}
	return settings->key ? archive_protection_check_key(settings->key,
				       (const char *const *)archives->items, archives->count, err)
			     : protect(answer, err);
}

int flows_check_groups(struct flows_answer *answer, struct err *err)
{
	return answer->k ? group_protect_check(answer->grouping, answer->question.query,
				   is_of_days(answer), &answer->is_of_part, err)
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

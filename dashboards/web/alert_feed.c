#include "dashboards/web/alert_feed.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "analyzer/messages/messages.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

enum { LOOK_MS = 1000, LINES_LEAST = 64, FILE_MODE = 0600 };

/* What is known of a change: it outlives the server. */
struct change {
	char id[ALERT_STORE_ID_BYTES];
	uint64_t changes, number;
};

struct lines {
	struct alert_line *items;
	size_t count, room;
};

struct alert_feed {
	struct alert_store *store;
	char path[PATH_MAX];
	char folder[PATH_MAX];          /* of a desk that is one; "" */
	uint64_t looked_ns, changed_ns; /* of the folder; of the thread that looks */
	pthread_mutex_t store_lock;     /* guards the store; before lock */
	pthread_mutex_t lock;           /* guards what follows */
	pthread_cond_t wake;
	struct lines lines;
	struct change *changes; /* in the order of ids */
	size_t change_count;
	uint64_t number;
	uint64_t read_ns; /* when the desk could be read last */
	struct err trouble;
	bool is_troubled, stop, has_thread;
	pthread_t thread;
};

static void free_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		struct alert_line *line = &lines->items[i];
		if (!line->is_in_both) {
			alert_entry_clear(line->entry);
			free(line->entry);
		}
	}
	free(lines->items);
	*lines = (struct lines){ 0 };
}

/* Documents are large, and only the store's readers need them: what lists show is kept. */
static void slim(struct alert_entry *entry)
{
	entry->notes = entry->policy_hash = "";
	json_doc_close(entry->raised);
	entry->raised = NULL;
	alert_record_set(&entry->record, "json", "", NULL);
	alert_record_set(&entry->record, "raised", "", NULL);
	alert_record_set(&entry->record, "notes", "", NULL);
}

static int append(struct lines *lines, const struct alert_line *line)
{
	if (lines->count == lines->room) {
		size_t room = lines->room ? 2 * lines->room : LINES_LEAST;
		struct alert_line *grown = realloc(lines->items, room * sizeof(*grown));
		if (!grown) {
			return -ENOMEM;
		}
		lines->items = grown;
		lines->room = room;
	}
	lines->items[lines->count++] = *line;
	return 0;
}

static void split_sentences(struct alert_line *line)
{
	const char *plain = line->entry->sentence;

	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		line->entry->sentence = plain;
		alert_entry_say_in(line->entry, messages_languages[i]);
		line->sentences[i] = line->entry->sentence;
	}
	line->entry->sentence = plain;
}

static int compare_last(const void *left, const void *right)
{
	const struct alert_entry *a = ((const struct alert_line *)left)->entry;
	const struct alert_entry *b = ((const struct alert_line *)right)->entry;

	if (a->last_ns != b->last_ns) {
		return a->last_ns > b->last_ns ? -1 : 1;
	}
	return strcmp(a->id, b->id);
}

static int compare_ids(const void *left, const void *right)
{
	return strcmp(((const struct change *)left)->id, ((const struct change *)right)->id);
}

static int write_changes(const struct alert_feed *feed, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	text_printf(&text, "%llu\n", (unsigned long long)feed->number);
	for (size_t i = 0; i < feed->change_count; i++) {
		const struct change *change = &feed->changes[i];
		text_printf(&text, "%llu\t%llu\t%s\n", (unsigned long long)change->number,
			(unsigned long long)change->changes, change->id);
	}
	int status = file_write_mode(feed->path, text.at, text.length, FILE_MODE, err);
	text_deinit(&text);
	return status;
}

/* A file that is missing or damaged knows nothing: then everything is news once more. */
static void read_changes(struct alert_feed *feed)
{
	char *content = NULL;

	if (file_read(feed->path, &content, NULL, NULL) < 0) {
		return;
	}
	char *rest = content;
	feed->number = strtoull(strsep(&rest, "\n"), NULL, 10);
	for (char *line; (line = strsep(&rest, "\n"));) {
		struct change change = { 0 };
		unsigned long long number, changes;
		if (sscanf(line, "%llu\t%llu\t%39s", &number, &changes, change.id) != 3) {
			continue;
		}
		change.number = number;
		change.changes = changes;
		struct change *grown =
			realloc(feed->changes, (feed->change_count + 1) * sizeof(*grown));
		if (!grown) {
			break;
		}
		feed->changes = grown;
		grown[feed->change_count++] = change;
	}
	if (feed->change_count > 1) {
		qsort(feed->changes, feed->change_count, sizeof(*feed->changes), compare_ids);
	}
	free(content);
}

/* A line's number is that of before, or the next where it has changed since. */
static bool number_lines(struct alert_feed *feed, struct lines *lines)
{
	struct change *changes = calloc(lines->count + 1, sizeof(*changes));
	bool has_changed = changes && lines->count != feed->change_count;

	for (size_t i = lines->count; changes && i-- > 0;) {
		struct alert_line *line = &lines->items[i];
		struct change *change = &changes[i];
		snprintf(change->id, sizeof(change->id), "%s", line->id);
		const struct change *known =
			feed->change_count ? bsearch(change, feed->changes, feed->change_count,
						     sizeof(*change), compare_ids)
					   : NULL;
		bool is_same = known && known->changes == line->changes;
		line->number = is_same ? known->number : ++feed->number;
		has_changed |= !is_same;
		change->changes = line->changes;
		change->number = line->number;
	}
	if (changes) {
		qsort(changes, lines->count, sizeof(*changes), compare_ids);
		free(feed->changes);
		feed->changes = changes;
		feed->change_count = lines->count;
	}
	return has_changed;
}

static void put_lines(struct alert_feed *feed, struct lines *lines)
{
	if (lines->count > 1) {
		qsort(lines->items, lines->count, sizeof(*lines->items), compare_last);
	}
	pthread_mutex_lock(&feed->lock);
	bool has_changed = number_lines(feed, lines);
	struct lines old = feed->lines;
	feed->lines = *lines;
	*lines = old;
	feed->is_troubled = has_changed && write_changes(feed, &feed->trouble) < 0;
	pthread_mutex_unlock(&feed->lock);
}

/* A record that has changed, as a line; 0 and none where it went, is damaged, or was claimed by a
 * sensor that has not told it yet. */
static int read_line(struct alert_feed *feed, const struct alert_mark *mark, struct lines *lines,
	struct err *err)
{
	struct alert_line line = { .mark = mark->mark, .entry = calloc(1, sizeof(*line.entry)) };
	struct alert_record record = { 0 };
	int status = line.entry ? alert_store_read(feed->store, mark->id, &record, err)
				: err_set(err, ENOMEM, "out of memory");
	bool is_one = status == 0 && alert_entry_read(line.entry, mark->id, &record, NULL) == 0;

	alert_record_clear(&record);
	if (is_one) {
		slim(line.entry);
		snprintf(line.id, sizeof(line.id), "%s", mark->id);
		line.changes = line.entry->changes;
		split_sentences(&line);
		if (append(lines, &line) == 0) {
			return 0;
		}
		alert_entry_clear(line.entry);
		status = err_set(err, ENOMEM, "out of memory");
	}
	free(line.entry);
	return status == -ENOENT || status == -EBADMSG ? 0 : status;
}

static int compare_marks(const void *left, const void *right)
{
	return strcmp(
		((const struct alert_mark *)left)->id, ((const struct alert_mark *)right)->id);
}

/* Lines whose records are as they were stand in both lists until one of them goes. True: something
 * has changed. Whoever holds the store may look at the lines: nobody else changes them. */
static bool carry_lines(struct alert_feed *feed, const struct alert_mark *marks, size_t count,
	bool *is_known, struct lines *lines)
{
	bool has_changed = count != feed->lines.count;

	for (size_t i = 0; i < feed->lines.count; i++) {
		struct alert_line *line = &feed->lines.items[i];
		struct alert_mark wanted;
		snprintf(wanted.id, sizeof(wanted.id), "%s", line->id);
		const struct alert_mark *mark =
			count ? bsearch(&wanted, marks, count, sizeof(*marks), compare_marks)
			      : NULL;
		line->is_in_both = mark && mark->mark == line->mark;
		if (line->is_in_both && append(lines, line) == 0) {
			is_known[mark - marks] = true;
		} else {
			line->is_in_both = false;
			has_changed = true;
		}
	}
	return has_changed;
}

static int read_changed(struct alert_feed *feed, const struct alert_mark *marks, size_t count,
	struct lines *lines, struct err *err)
{
	bool *is_known = calloc(count + 1, sizeof(*is_known));
	int status = is_known ? 0 : err_set(err, ENOMEM, "out of memory");
	bool has_changed = status == 0 && carry_lines(feed, marks, count, is_known, lines);

	for (size_t i = 0; i < count && status == 0 && has_changed; i++) {
		status = is_known[i] ? 0 : read_line(feed, &marks[i], lines, err);
	}
	if (status == 0 && has_changed) {
		put_lines(feed, lines);
	}
	free(is_known);
	return status;
}

void alert_feed_look(struct alert_feed *feed)
{
	struct lines lines = { 0 };
	struct alert_mark *marks;
	struct err err = { "" };
	size_t count;

	pthread_mutex_lock(&feed->store_lock);
	int status = alert_store_marks(feed->store, 'a', &marks, &count, &err);
	if (status == 0) {
		if (count > 1) {
			qsort(marks, count, sizeof(*marks), compare_marks);
		}
		pthread_mutex_lock(&feed->lock);
		feed->is_troubled = false;
		feed->read_ns = clock_now_ns();
		pthread_mutex_unlock(&feed->lock);
		status = read_changed(feed, marks, count, &lines, &err);
	}
	if (status < 0) {
		pthread_mutex_lock(&feed->lock);
		feed->is_troubled = true;
		feed->trouble = err;
		pthread_mutex_unlock(&feed->lock);
	}
	free(marks);
	free_lines(&lines);
	for (size_t i = 0; i < feed->lines.count; i++) {
		feed->lines.items[i].is_in_both = false;
	}
	pthread_mutex_unlock(&feed->store_lock);
}

/* Has anybody put a file there since the last look? Every change is a file that takes another's
 * place. A change of the very moment of a look is looked at once more. */
static bool may_have_changed(struct alert_feed *feed)
{
	uint64_t now_ns = clock_now_ns(), changed_ns = 0;
	struct stat status;

	if (feed->folder[0] && stat(feed->folder, &status) == 0) {
		changed_ns = (uint64_t)status.st_mtim.tv_sec * NS_PER_S +
			     (uint64_t)status.st_mtim.tv_nsec;
	}
	bool is_same = changed_ns && changed_ns == feed->changed_ns &&
		       changed_ns + NS_PER_S < feed->looked_ns;
	feed->looked_ns = now_ns;
	feed->changed_ns = changed_ns;
	return !is_same;
}

static void *look_until_stopped(void *argument)
{
	struct alert_feed *feed = argument;

	pthread_mutex_lock(&feed->lock);
	while (!feed->stop) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += LOOK_MS / 1000;
		pthread_cond_timedwait(&feed->wake, &feed->lock, &until);
		if (!feed->stop && may_have_changed(feed)) {
			pthread_mutex_unlock(&feed->lock);
			alert_feed_look(feed);
			pthread_mutex_lock(&feed->lock);
		}
	}
	pthread_mutex_unlock(&feed->lock);
	return NULL;
}

int alert_feed_open(struct alert_feed **feed, const char *desk, const char *folder, struct err *err)
{
	struct alert_feed *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	pthread_mutex_init(&opened->lock, NULL);
	pthread_mutex_init(&opened->store_lock, NULL);
	pthread_cond_init(&opened->wake, NULL);
	/* Each desk has its own numbers. */
	struct hash_key key = hash_key_fixed("borderflow events");
	snprintf(opened->path, sizeof(opened->path), "%.*s/events-%016llx", PATH_MAX - 32, folder,
		(unsigned long long)hash_bytes(&key, desk, strlen(desk)));
	if (!strstr(desk, "://")) {
		snprintf(
			opened->folder, sizeof(opened->folder), "%.*s/alerts", PATH_MAX - 16, desk);
	}
	int status = alert_store_open(&opened->store, desk, err);
	if (status == 0) {
		read_changes(opened);
		alert_feed_look(opened);
		opened->has_thread =
			pthread_create(&opened->thread, NULL, look_until_stopped, opened) == 0;
		status = opened->has_thread ? 0 : err_set(err, EAGAIN, "no thread can be made");
	}
	if (status < 0) {
		alert_feed_close(opened);
		return status;
	}
	*feed = opened;
	return 0;
}

void alert_feed_close(struct alert_feed *feed)
{
	if (!feed) {
		return;
	}
	pthread_mutex_lock(&feed->lock);
	feed->stop = true;
	pthread_cond_signal(&feed->wake);
	pthread_mutex_unlock(&feed->lock);
	if (feed->has_thread) {
		pthread_join(feed->thread, NULL);
	}
	alert_store_close(feed->store);
	free_lines(&feed->lines);
	free(feed->changes);
	pthread_cond_destroy(&feed->wake);
	pthread_mutex_destroy(&feed->lock);
	pthread_mutex_destroy(&feed->store_lock);
	free(feed);
}

uint64_t alert_feed_number(struct alert_feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	uint64_t number = feed->number;
	pthread_mutex_unlock(&feed->lock);
	return number;
}

void alert_feed_each(struct alert_feed *feed, alert_feed_tell *tell, void *context)
{
	pthread_mutex_lock(&feed->lock);
	for (size_t i = 0; i < feed->lines.count && tell(context, &feed->lines.items[i]); i++) {
	}
	pthread_mutex_unlock(&feed->lock);
}

void alert_feed_twice(
	struct alert_feed *feed, alert_feed_tell *first, alert_feed_tell *second, void *context)
{
	pthread_mutex_lock(&feed->lock);
	for (size_t i = 0; i < feed->lines.count && first(context, &feed->lines.items[i]); i++) {
	}
	for (size_t i = 0; i < feed->lines.count && second(context, &feed->lines.items[i]); i++) {
	}
	pthread_mutex_unlock(&feed->lock);
}

/* The next after a number; a look through all is quick, and changes are few. */
static const struct alert_line *next_after(const struct lines *lines, uint64_t number)
{
	const struct alert_line *next = NULL;

	for (size_t i = 0; i < lines->count; i++) {
		const struct alert_line *line = &lines->items[i];
		if (line->number > number && (!next || line->number < next->number)) {
			next = line;
		}
	}
	return next;
}

void alert_feed_since(
	struct alert_feed *feed, uint64_t number, alert_feed_tell *tell, void *context)
{
	const struct alert_line *line;

	pthread_mutex_lock(&feed->lock);
	while (number < feed->number && (line = next_after(&feed->lines, number)) &&
		tell(context, line)) {
		number = line->number;
	}
	pthread_mutex_unlock(&feed->lock);
}

bool alert_feed_trouble(struct alert_feed *feed, uint64_t *read_ns, struct err *err)
{
	pthread_mutex_lock(&feed->lock);
	bool is_troubled = feed->is_troubled;
	*read_ns = feed->read_ns;
	*err = feed->trouble;
	pthread_mutex_unlock(&feed->lock);
	return is_troubled;
}

struct alert_store *alert_feed_take_store(struct alert_feed *feed)
{
	pthread_mutex_lock(&feed->store_lock);
	return feed->store;
}

void alert_feed_give_store(struct alert_feed *feed)
{
	pthread_mutex_unlock(&feed->store_lock);
}

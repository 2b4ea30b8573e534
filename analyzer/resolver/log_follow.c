#include "analyzer/resolver/log_follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

struct log_follow {
	char *path;
	int fd;          /* -1: there has been no file yet */
	int trouble;     /* why it cannot be opened by its path, as errno; 0: it can */
	off_t offset;    /* behind the bytes that are held */
	bool is_in_head; /* of a file that was there already: its comments count */
	bool skips;      /* the rest of a line that does not count */
	struct log_follow_stats stats;
	off_t missed_from; /* behind the head an earlier run had read so far; -1: none had */
	/* The bytes before the place that is read next: where they are others the file was cut and
	 * has grown again. */
	unsigned seen_count;
	char seen[LOG_SEEN_BYTES];
	size_t at, count;
	char bytes[LOG_LINE_BYTES + 1];
};

static void set_place(struct log_follow *follow, off_t offset)
{
	follow->offset = offset;
	follow->at = follow->count = 0;
	follow->seen_count = 0;
	follow->skips = false;
}

/* A new descriptor, or -1 with errno. */
static int open_path(const char *path)
{
	if (file_is_planted(path)) {
		errno = EPERM;
		return -1;
	}
	return file_open_regular(path);
}

static const char *words_for(int trouble)
{
	switch (trouble) {
	case ENOENT:
		return "it is not there";
	case EPERM:
		return "it is a link that another user made";
	case EINVAL:
		return "it is no regular file";
	case EACCES:
		return "the sensor's user may not read it, or its folder was made anew since the "
		       "start";
	default:
		return strerror(trouble);
	}
}

/* Said when it begins, and when it is over. */
static void note_trouble(struct log_follow *follow, int trouble)
{
	struct log_follow_stats *stats = &follow->stats;
	uint64_t now_ns = clock_now_ns();

	if (trouble != 0 && trouble != follow->trouble) {
		log_warning("%s: cannot be read: %s; what the resolver answers is missing until it "
			    "can",
			follow->path, words_for(trouble));
		stats->away_ns = stats->away_ns ? stats->away_ns : now_ns;
	} else if (trouble == 0 && follow->trouble != 0) {
		stats->gaps++;
		log_warning("%s: is read, after %llu s in which it was not", follow->path,
			(unsigned long long)((now_ns - stats->away_ns) / NS_PER_S));
		stats->away_ns = 0;
	}
	follow->trouble = trouble;
}

/* The last bytes before the offset, whichever reads they came by. */
static void remember(struct log_follow *follow, const char *bytes, size_t count)
{
	unsigned new = count < LOG_SEEN_BYTES ? (unsigned)count : LOG_SEEN_BYTES;
	unsigned kept = follow->seen_count < LOG_SEEN_BYTES - new ? follow->seen_count
								  : LOG_SEEN_BYTES - new;

	memmove(follow->seen, follow->seen + follow->seen_count - kept, kept);
	memcpy(follow->seen + kept, bytes + count - new, new);
	follow->seen_count = kept + new;
}

/* The bytes of the file before the offset, at most LOG_SEEN_BYTES. */
static unsigned read_before(const struct log_follow *follow, off_t offset, char *bytes)
{
	size_t count = offset < LOG_SEEN_BYTES ? (size_t)offset : LOG_SEEN_BYTES;
	bool is_read = pread(follow->fd, bytes, count, offset - (off_t)count) == (ssize_t)count;

	return is_read ? (unsigned)count : 0;
}

/* Half a line may stand before the offset. */
static void go_to(struct log_follow *follow, off_t offset)
{
	char last[LOG_SEEN_BYTES];
	unsigned count = read_before(follow, offset, last);

	set_place(follow, offset);
	if (count > 0) {
		remember(follow, last, count);
		follow->skips = last[count - 1] != '\n';
	}
}

/* Behind what is there already, or what of it was read. */
static void go_to_new(struct log_follow *follow)
{
	off_t end = lseek(follow->fd, 0, SEEK_END);

	go_to(follow, follow->missed_from >= 0 ? follow->missed_from : end > 0 ? end : 0);
}

/* Of what is there already only comments at its head count. */
static void begin(struct log_follow *follow)
{
	char first;

	follow->is_in_head = pread(follow->fd, &first, 1, 0) == 1 && first == '#';
	if (!follow->is_in_head) {
		go_to_new(follow);
	}
}

int log_follow_open(struct log_follow **opened, const char *path, struct err *err)
{
	struct log_follow *follow = calloc(1, sizeof(*follow));

	*opened = NULL;
	if (!follow || !(follow->path = strdup(path))) {
		free(follow);
		return err_set(err, ENOMEM, "out of memory");
	}
	follow->missed_from = -1;
	follow->fd = open_path(path);
	note_trouble(follow, follow->fd < 0 ? errno : 0);
	if (follow->fd >= 0) {
		begin(follow);
	}
	*opened = follow;
	return 0;
}

bool log_follow_place(const struct log_follow *follow, struct log_place *place)
{
	struct stat held;
	off_t offset = follow->offset - (off_t)(follow->count - follow->at);

	if (follow->fd < 0 || fstat(follow->fd, &held) < 0) {
		return false;
	}
	*place = (struct log_place){
		.device = held.st_dev, .inode = held.st_ino, .offset = (uint64_t)offset
	};
	place->seen_count = read_before(follow, offset, place->seen);
	return true;
}

/* Is it the file of that place, which has only grown since? */
static bool has_grown(
	const struct log_follow *follow, const struct log_place *place, const struct stat *held)
{
	char now[LOG_SEEN_BYTES];
	off_t offset = (off_t)place->offset;

	return held->st_dev == place->device && held->st_ino == place->inode &&
	       held->st_size >= offset && read_before(follow, offset, now) == place->seen_count &&
	       memcmp(now, place->seen, place->seen_count) == 0;
}

void log_follow_go_on(struct log_follow *follow, const struct log_place *place)
{
	struct stat held;

	if (follow->fd < 0 || fstat(follow->fd, &held) < 0) {
		return;
	}
	off_t from = has_grown(follow, place, &held) ? (off_t)place->offset : 0;
	if (held.st_size - from > LOG_MISSED_BYTES_MAX) {
		return;
	}
	follow->missed_from = from;
	begin(follow);
}

void log_follow_close(struct log_follow *follow)
{
	if (follow) {
		if (follow->fd >= 0) {
			close(follow->fd);
		}
		free(follow->path);
		free(follow);
	}
}

void log_follow_check(struct log_follow *follow)
{
	int fd = open_path(follow->path);

	if (fd < 0 && follow->fd >= 0) {
		log_warning("%s: is read, and could not be opened again after its next rotation: "
			    "%s; let the sensor's user read it and its folder",
			follow->path, words_for(errno));
	}
	if (fd >= 0) {
		close(fd);
	}
}

static bool is_held(const struct log_follow *follow, const struct stat *named)
{
	struct stat held;

	return follow->fd >= 0 && fstat(follow->fd, &held) == 0 && held.st_ino == named->st_ino &&
	       held.st_dev == named->st_dev;
}

/* The file that the name leads to by now, where that is another one and holds something; else -1.
 * As long as it is empty its writer may still write to the one before. */
static int open_successor(struct log_follow *follow)
{
	struct stat named;

	if (stat(follow->path, &named) < 0) {
		/* Between two files. */
		note_trouble(follow, follow->fd >= 0 && errno == ENOENT ? 0 : errno);
		return -1;
	}
	if (is_held(follow, &named)) {
		note_trouble(follow, 0);
		return -1;
	}
	int fd = open_path(follow->path);
	note_trouble(follow, fd < 0 ? errno : 0);
	if (fd >= 0 && follow->fd >= 0 && named.st_size == 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void take_successor(struct log_follow *follow, int fd)
{
	if (follow->fd >= 0) {
		close(follow->fd);
	}
	follow->fd = fd;
	follow->is_in_head = false;
	set_place(follow, 0);
}

/* Was the file cut since it was last looked at, whether or not it has grown again? */
static bool was_cut(const struct log_follow *follow)
{
	char now[LOG_SEEN_BYTES];
	struct stat held;

	if (fstat(follow->fd, &held) < 0 || held.st_size < follow->offset) {
		return true;
	}
	return follow->seen_count > 0 &&
	       (pread(follow->fd, now, follow->seen_count, follow->offset - follow->seen_count) !=
			       (ssize_t)follow->seen_count ||
		       memcmp(now, follow->seen, follow->seen_count) != 0);
}

/* More of the file's bytes behind those that are held. False: there are none for now. */
static bool read_more(struct log_follow *follow)
{
	memmove(follow->bytes, follow->bytes + follow->at, follow->count - follow->at);
	follow->count -= follow->at;
	follow->at = 0;
	if (follow->fd >= 0 && was_cut(follow)) {
		log_info(
			"%s: was cut to its beginning; what was written just before may be missing",
			follow->path);
		follow->stats.gaps++;
		set_place(follow, 0);
	}
	char *behind = follow->bytes + follow->count;
	ssize_t got = follow->fd < 0 ? 0
				     : pread(follow->fd, behind, LOG_LINE_BYTES - follow->count,
					       follow->offset);
	if (got <= 0) {
		follow->is_in_head = false;
		return false;
	}
	remember(follow, behind, (size_t)got);
	follow->offset += got;
	follow->count += (size_t)got;
	return true;
}

static void skip_nuls(struct log_follow *follow)
{
	while (follow->at < follow->count && follow->bytes[follow->at] == '\0') {
		follow->at++;
	}
}

/* A whole line of the bytes that are held, without judging it; NULL: there is none. */
static char *take_line(struct log_follow *follow, size_t *length)
{
	if (!follow->skips) {
		skip_nuls(follow);
	}
	char *start = follow->bytes + follow->at;
	char *end = memchr(start, '\n', follow->count - follow->at);

	if (!end) {
		if (follow->count - follow->at == LOG_LINE_BYTES) {
			follow->stats.passed_over += !follow->skips;
			follow->skips = true;
		}
		if (follow->skips) {
			follow->at = follow->count;
		}
		return NULL;
	}
	follow->at += (size_t)(end + 1 - start);
	*end = '\0';
	*length = (size_t)(end - start);
	return start;
}

/* The next line that counts of the bytes that are held. */
static char *next_held(struct log_follow *follow)
{
	char *line;
	size_t length;

	while ((line = take_line(follow, &length))) {
		bool is_rest = follow->skips, is_text = !memchr(line, '\0', length);
		follow->skips = false;
		if (follow->is_in_head && line[0] != '#') {
			go_to_new(follow);
			follow->is_in_head = false;
			return NULL;
		}
		if (!is_rest && is_text) {
			return line;
		}
		follow->stats.passed_over += !is_rest;
	}
	return NULL;
}

/* More bytes of the file, or else of the one that has taken its place. */
static bool read_on(struct log_follow *follow)
{
	if (read_more(follow)) {
		return true;
	}
	int fd = open_successor(follow);
	if (fd < 0) {
		return false;
	}
	/* What was written last before the rotation. */
	if (read_more(follow)) {
		close(fd);
		return true;
	}
	take_successor(follow, fd);
	return read_more(follow);
}

bool log_follow_line(struct log_follow *follow, char **line)
{
	*line = next_held(follow);
	if (*line) {
		return true;
	}
	bool has_more = read_on(follow);
	*line = has_more ? next_held(follow) : NULL;
	return has_more;
}

void log_follow_read_stats(const struct log_follow *follow, struct log_follow_stats *stats)
{
	struct stat held;
	bool is_known = follow->fd >= 0 && fstat(follow->fd, &held) == 0;

	*stats = follow->stats;
	stats->behind = follow->count - follow->at;
	if (is_known && held.st_size > follow->offset) {
		stats->behind += (uint64_t)(held.st_size - follow->offset);
	}
}

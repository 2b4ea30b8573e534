/* A log that is followed while it is written, rotated and tampered with. */
#include "analyzer/resolver/log_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/tap.h"

static char folder[] = "test_log_follow.XXXXXX", path[256], other[256];
static struct log_follow *follow;
static char said[4096];

static void put(const char *file, int flags, const char *bytes, size_t count)
{
	int fd = open(file, O_WRONLY | O_CREAT | flags, 0644);

	ok(fd >= 0 && write(fd, bytes, count) == (ssize_t)count, "%s is written", file);
	close(fd);
}

static void append(const char *text)
{
	put(path, O_APPEND, text, strlen(text));
}

static void begin(void)
{
	struct err err;

	ok(log_follow_open(&follow, path, &err) == 0, "it is followed");
}

/* All that is there for now, each line with a blank behind it. */
static const char *heard(void)
{
	char *line;

	said[0] = '\0';
	while (log_follow_line(follow, &line)) {
		if (line && strlen(said) + strlen(line) + 2 < sizeof(said)) {
			strcat(strcat(said, line), " ");
		}
	}
	return said;
}

static struct log_follow_stats stats(void)
{
	struct log_follow_stats now;

	log_follow_read_stats(follow, &now);
	return now;
}

static void end(void)
{
	log_follow_close(follow);
	unlink(path);
	unlink(other);
}

static void test_growing(void)
{
	append("old\nhalf of an old");
	begin();
	is_text(heard(), "", "what was written before is passed over");
	append(" one\nnew\n");
	is_text(heard(), "new ", "… as is the rest of a line that had begun");
	append("one\ntw");
	is_int(stats().behind, 6, "what is not read yet is known");
	is_text(heard(), "one ", "half a line is waited for");
	is_int(stats().behind, 2, "… so is what waits for its end");
	append("o\n\n");
	is_text(heard(), "two  ", "… and comes whole; an empty one as well");
	is_int(stats().gaps + stats().passed_over, 0, "nothing of it is a gap");
	end();
}

static void test_head(void)
{
	append("#separator x\n#fields a b\nold\n#close\n");
	begin();
	is_text(heard(), "#separator x #fields a b ", "the head of a file is heard");
	append("new\n");
	is_text(heard(), "new ", "… and what is new");
	end();
	append("#fields a b\n");
	begin();
	is_text(heard(), "#fields a b ", "a file that is a head alone");
	append("new\n");
	is_text(heard(), "new ", "… and its first line");
	end();
}

static void test_renamed(void)
{
	append("old\n");
	begin();
	append("1\n");
	rename(path, other);
	is_text(heard(), "1 ", "what was not read before a rotation is read after it");
	put(other, O_APPEND, "2\n", 2);
	is_text(heard(), "2 ", "the writer has the old file still");
	append("");
	put(other, O_APPEND, "3\n", 2);
	is_text(heard(), "3 ", "… also while the new one is empty");
	put(other, O_APPEND, "4\nha", 4);
	append("5\n6\n");
	is_text(heard(), "4 5 6 ", "then the new one, from its beginning");
	is_int(stats().gaps, 0, "and nothing was missed");
	unlink(path);
	is_text(heard(), "", "a file that is taken away");
	append("7\n");
	is_text(heard(), "7 ", "… and comes again");
	end();
}

static void test_cut(void)
{
	begin();
	append("first line\nsecond line\n");
	is_text(heard(), "first line second line ", "a file that came later is read whole");
	put(path, O_TRUNC, "", 0);
	is_text(heard(), "", "it is cut");
	append("new\n");
	is_text(heard(), "new ", "… and read from its beginning");
	uint64_t gaps = stats().gaps;
	put(path, O_TRUNC, "longer\nthan\nit was before\n", 26);
	is_text(heard(), "longer than it was before ", "cut, and longer than before at once");
	is_int(stats().gaps, gaps + 1, "… which is a gap");
	put(path, O_TRUNC, "one", 3);
	heard();
	put(path, O_APPEND, "\n", 1);
	is_text(heard(), "one ", "a line of which the end came last");
	put(path, O_TRUNC, "two\nsix\n", 8);
	is_text(heard(), "two six ", "… cut, with another end at the same place");
	/* Its writer goes on at the place where it was. */
	put(path, O_TRUNC, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0late\n", 31);
	is_text(heard(), "late ", "cut under a writer that leaves a hole");
	is_int(stats().passed_over, 0, "and each line was heard");
	end();
}

/* The next run: text is written while nobody reads. */
static void stand_still(const char *text, bool is_renamed, bool is_cut)
{
	struct log_place place;

	ok(log_follow_place(follow, &place), "where it stands is known");
	log_follow_close(follow);
	if (is_renamed) {
		rename(path, other);
	}
	put(path, is_cut ? O_TRUNC : O_APPEND, text, strlen(text));
	begin();
	log_follow_go_on(follow, &place);
}

static void test_next_run(void)
{
	append("old\n");
	begin();
	append("one\ntw");
	is_text(heard(), "one ", "a run hears");
	stand_still("o\nthree\n", false, false);
	is_text(heard(), "two three ", "… and the next one what it had not heard");
	stand_still("four\n", true, false);
	is_text(heard(), "four ", "… also of a file that has taken its place");
	stand_still("five\n", false, true);
	is_text(heard(), "five ", "… or was cut");
	stand_still("", false, false);
	is_text(heard(), "", "… and nothing twice");
	end();
	append("#fields\nold\n");
	begin();
	is_text(heard(), "#fields ", "a log with a head");
	append("one\n");
	is_text(heard(), "one ", "is followed");
	stand_still("two\n", false, false);
	is_text(heard(), "#fields two ", "… and gone on with behind its head");
	end();
}

static void test_odd_lines(void)
{
	static char length[LOG_LINE_BYTES * 3];

	append("");
	begin();
	memset(length, 'x', sizeof(length));
	put(path, O_APPEND, length, sizeof(length));
	is_text(heard(), "", "a line that has no end");
	put(path, O_APPEND, length, 10);
	append("\nnext\n");
	is_text(heard(), "next ", "… is passed over whole");
	is_int(stats().passed_over, 1, "… and counts once");
	put(path, O_APPEND, "a\0b\nc\n", 6);
	is_text(heard(), "c ", "a line with a NUL in it is passed over");
	is_int(stats().passed_over, 2, "… and counts");
	end();
}

static void test_tampered(void)
{
	begin();
	ok(stats().away_ns != 0, "a file that is not there is away");
	mkfifo(path, 0644);
	is_text(heard(), "", "nobody waits for a pipe");
	unlink(path);
	append("1\n");
	is_text(heard(), "1 ", "what takes its place is read");
	is_int(stats().away_ns, 0, "… and is there");
	is_int(stats().gaps, 1, "which was a gap");
	rename(path, other);
	mkfifo(path, 0644);
	put(other, O_APPEND, "2\n", 2);
	is_text(heard(), "2 ", "a pipe in its place does not keep from the file that is open");
	ok(stats().away_ns != 0, "… and is told");
	unlink(path);
	if (symlink("/etc/passwd", path) == 0 && lchown(path, 12345, 12345) == 0) {
		is_text(heard(), "", "another user's link is not followed");
		ok(stats().away_ns != 0, "… and is told");
	} else {
		skip("not root");
	}
	unlink(path);
	mkdir(path, 0755);
	is_text(heard(), "", "nor is a folder read");
	rmdir(path);
	append("");
	is_text(heard(), "", "an empty file is one");
	is_int(stats().away_ns, 0, "… and is there");
	append("3\n");
	is_text(heard(), "3 ", "… and is read once something is in it");
	unlink(path);
	ok(symlink(strrchr(other, '/') + 1, path) == 0, "a link of its own to an older file");
	is_text(heard(), "1 2 ", "… is followed");
	end();
}

static void test_folder(void)
{
	char kept[300];

	append("");
	begin();
	append("1\n");
	snprintf(kept, sizeof(kept), "%s.kept", folder);
	rename(folder, kept);
	is_text(heard(), "1 ", "the folder is moved away");
	mkdir(folder, 0755);
	append("2\n");
	is_text(heard(), "2 ", "… and another one is in its place");
	log_follow_close(follow);
	unlink(path);
	rmdir(folder);
	rename(kept, folder);
	unlink(path);
}

/* What a writer does to its log, by chance; each of its lines is heard once. */
struct writer {
	int fd;
	unsigned sent, heard;
};

static void hear_all(struct writer *writer)
{
	char *line;

	while (log_follow_line(follow, &line)) {
		writer->heard += line && strncmp(line, "line ", 5) == 0;
	}
}

static bool write_line(struct writer *writer, bool in_two)
{
	char text[32];
	size_t length = (size_t)snprintf(text, sizeof(text), "line %u\n", writer->sent++);
	size_t first = in_two ? (size_t)rand() % length : length;
	bool is_written = write(writer->fd, text, first) == (ssize_t)first;

	if (in_two && rand() % 2) {
		hear_all(writer);
	}
	return write(writer->fd, text + first, length - first) == (ssize_t)(length - first) &&
	       is_written;
}

static bool write_odd(const struct writer *writer)
{
	static char bytes[100000];
	size_t count = 400 + (size_t)rand() % 90000;

	memset(bytes, 'x', count);
	bytes[count / 2] = rand() % 2 ? '\0' : 'y';
	bytes[count - 1] = '\n';
	return write(writer->fd, bytes, count) == (ssize_t)count;
}

static int open_log(void)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
}

/* It goes on in the old file until it opens the new one. */
static bool rotate(struct writer *writer)
{
	rename(path, other);
	bool is_written = write_line(writer, false);
	int fd = open_log();
	is_written &= write_line(writer, rand() % 2);
	close(writer->fd);
	writer->fd = fd;
	is_written &= write_line(writer, false);
	hear_all(writer);
	return is_written;
}

static void test_by_chance(void)
{
	struct writer writer = { .fd = open_log() };
	bool is_written = true;

	begin();
	srand(12);
	for (unsigned i = 0; i < 5000; i++) {
		unsigned what = (unsigned)rand() % 12;
		if (what == 0) {
			hear_all(&writer);
		} else if (what == 1) {
			is_written &= rotate(&writer);
		} else if (what == 2) {
			is_written &= write_odd(&writer);
		} else if (what == 3) {
			hear_all(&writer);
			is_written &= ftruncate(writer.fd, 0) == 0;
		} else {
			is_written &= write_line(&writer, what == 4);
		}
	}
	hear_all(&writer);
	close(writer.fd);
	ok(is_written, "%u lines, rotations and what is no line", writer.sent);
	is_int(writer.heard, writer.sent, "each line is heard once");
	end();
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	ok(mkdtemp(folder) != NULL, "a folder of its own");
	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(other, sizeof(other), "%s/log.1", folder);
	test_growing();
	test_head();
	test_renamed();
	test_cut();
	test_next_run();
	test_odd_lines();
	test_tampered();
	test_folder();
	test_by_chance();
	rmdir(folder);
	return done_testing();
}

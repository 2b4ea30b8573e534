#include "base/edit_distance.h"
#include "base/addr.h"
#include "base/addr_cut.h"
#include "base/clock.h"
#include "base/cores.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/reader.h"
#include "base/ring.h"
#include "base/text.h"
#include "base/tsv.h"
#include "tests/tap.h"
#include "tests/unit/full_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_addresses(void)
{
	struct addr addr;
	struct prefix prefix;
	char text[ADDR_TEXT_MAX + 4];

	ok(addr_parse("192.0.2.1", &addr) && addr_is_v4(&addr), "an IPv4 address is read");
	addr_format(&addr, text);
	is_text(text, "192.0.2.1", "… and written");
	ok(prefix_parse("192.0.2.77/24", &prefix) && prefix.bits == 120, "an IPv4 prefix is read");
	prefix_format(&prefix, text);
	is_text(text, "192.0.2.0/24", "… its host bits are cleared");
	ok(prefix_contains(&prefix, &addr), "it holds the address");
	ok(addr_parse("192.0.3.1", &addr) && !prefix_contains(&prefix, &addr),
		"… and not its neighbour");
	ok(addr_parse("2001:db8::1", &addr) && !addr_is_v4(&addr), "an IPv6 address is read");
	ok(prefix_parse("2001:db8::/29", &prefix) && prefix_contains(&prefix, &addr),
		"… inside a /29");
	ok(!prefix_parse("192.0.2.0/33", &prefix), "no 33-bit IPv4 prefix");
	ok(!prefix_parse("192.0.2.0/", &prefix), "a prefix needs its length");
	ok(!addr_parse("300.1.1.1", &addr), "no byte of 300");
}

static void test_times(void)
{
	char text[CLOCK_TEXT_LENGTH + 1];
	uint64_t time_ns;

	clock_format(0, text);
	is_text(text, "1970-01-01T00:00:00.000000000Z", "the epoch");
	clock_format(UINT64_C(1709210096789000001), text);
	is_text(text, "2024-02-29T12:34:56.789000001Z", "a leap day");
	clock_format(UINT64_MAX, text);
	is_text(text, "2554-07-21T23:34:33.709551615Z", "the last moment");
	ok(clock_parse("2024-02-29T14:34:56.789000001+02:00", &time_ns) &&
			time_ns == UINT64_C(1709210096789000001),
		"read with an offset");
	uint64_t again_ns;
	ok(clock_parse("2024-02-29T14:34:56.789000001+0200", &again_ns) && again_ns == time_ns &&
			clock_parse("2024-02-29T14:34:56.789000001+02", &again_ns) &&
			again_ns == time_ns,
		"an offset in its short forms");
	ok(!clock_parse("2024-02-29T14:34:56+02:", &again_ns) &&
			!clock_parse("2024-02-29T14:34:56+020", &again_ns),
		"and in no broken one");
	ok(clock_parse("2026-03-31", &time_ns), "a bare date");
	ok(!clock_parse("2025-02-29", &time_ns), "no leap day in 2025");
	ok(!clock_parse("31.3.2026", &time_ns), "no other order");
}

static const char *escaped(void (*put)(struct text *, const char *, size_t), const char *bytes)
{
	static char memory[256];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	put(&text, bytes, strlen(bytes));
	return memory;
}

static void is_cut(const char *from, const char *to)
{
	char memory[200];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_cut(&text, from);
	is_text(memory, to, "cut: %s", from);
}

static void test_cut(void)
{
	is_cut("203.0.113.77", "203.0.113.0/24");
	is_cut("2001:db8:1:2::9", "2001:db8:1::/48");
	is_cut("connected at 12:05 to 198.51.3.3, whose name",
		"connected at 12:05 to 198.51.3.0/24, whose name");
	is_cut("(10.40.2.10) to 198.51.3.3.", "(10.40.2.10) to 198.51.3.0/24.");
	is_cut("198.51.3.3:443 [2001:db8:1:2::9]:443", "198.51.3.0/24:443 [2001:db8:1::/48]:443");
	is_cut("203.0.113.77/32 and 203.0.0.0/16", "203.0.113.0/24 and 203.0.0.0/16");
	is_cut("::ffff:203.0.113.9", "203.0.113.0/24");
	is_cut("fe80::1 fd00::2 ::1", "fe80::1 fd00::2 ::1");
	is_cut("v203.0.113.77.example, 2026-03-24 12:05:06, 1.2.3",
		"v203.0.113.77.example, 2026-03-24 12:05:06, 1.2.3");
	is_cut("Vårdat 198.51.100.8 och", "Vårdat 198.51.100.0/24 och");
}

static void test_text(void)
{
	char memory[8];
	struct text text;

	is_text(escaped(text_put_json, "a\"\\\n\xff\xc3\xa5"),
		"a\\\"\\\\\\u000a\xef\xbf\xbd\xc3\xa5", "JSON");
	is_text(escaped(text_put_html, "<a href='x'>&"), "&lt;a href=&#39;x&#39;&gt;&amp;", "HTML");
	is_text(escaped(text_put_csv, "a,\"b\""), "\"a,\"\"b\"\"\"", "CSV");
	is_text(escaped(text_put_csv, "=1+1"), "\"'=1+1\"", "CSV: no formula");
	is_text(escaped(text_put_csv, "a\x1b\nb"), "\"a\\x1b\\x0ab\"", "CSV: no controls");
	is_text(escaped(text_put_csv, "a\xe2\x80\xae"), "a\\xe2\\x80\\xae",
		"CSV: no marks of direction");
	is_text(escaped(text_put_json, "\xe2\x80\xae\xe2\x80\xa8\xc2\x85\xef\xbb\xbf"),
		"\\u202e\\u2028\\u0085\\ufeff", "JSON: marks of direction, separators");
	is_text(escaped(text_put_json, "\xf3\xa0\x81\x81\xf0\x9f\x98\x80"),
		"\\udb40\\udc41\xf0\x9f\x98\x80", "JSON: invisible ones above the first plane");
	is_text(escaped(text_put_html, "a\xe2\x80\xae"), "a\\xe2\\x80\\xae",
		"HTML: no marks of direction");
	is_text(escaped(text_put_terminal, "\xf3\xa0\x81\x81"), "\\xf3\\xa0\\x81\\x81",
		"terminal: the longest escape");
	is_text(escaped(text_put_terminal, "a\x1b[31m\xe2\x80\xae"), "a\\x1b[31m\\xe2\\x80\\xae",
		"terminal");
	is_text(escaped(text_put_terminal_lines, "a\x1b\nb\r\n"), "a\\x1b\nb\\x0d\n",
		"terminal: lines stay");
	text_init(&text, memory, sizeof(memory));
	text_put(&text, "abcdef\xc3\xa5");
	is_text(memory, "abcdef", "bounded text is cut at a whole character");
	ok(text.truncated, "… and says so");
	text_init_heap(&text);
	text_put_size(&text, 12400000);
	text_put(&text, " ");
	text_put_size(&text, 999);
	text_put(&text, " ");
	text_put_grouped(&text, 1234567, ",");
	is_text(text.at, "12.4 MB 999 B 1,234,567", "sizes and groups");
	text_deinit(&text);
	static char long_word[5000];
	memset(long_word, 'x', sizeof(long_word) - 1);
	text_init_heap(&text);
	text_printf(&text, "<%s>", long_word);
	is_int(text.length, sizeof(long_word) + 1, "what is printed is whole, however long");
	is_text(text.at + sizeof(long_word) - 1, "x>", "… to its end");
	ok(!text.truncated, "… and not called cut");
	text_deinit(&text);
}

static void test_edit_distance(void)
{
	is_int(edit_distance("tiktok", "TikTok", 2), 0, "a word is itself, whatever the case");
	is_int(edit_distance("tikotk", "tiktok", 2), 1, "two neighbours swapped are one edit");
	is_int(edit_distance("tktok", "tiktok", 2), 1, "a letter is missing");
	is_int(edit_distance("", "abc", 3), 3, "all of them are");
	ok(edit_distance("whatsapp", "telegram", 2) > 2, "far is more than the limit");
	is_int(edit_distance("ab", "ba", 0), 1, "a swap is not missed where nothing is allowed");
}

static void test_reader(void)
{
	struct reader reader = reader_over("\x01\x02\x03\x04\x05", 5);

	is_int(reader_u16(&reader), 0x0102, "two bytes");
	is_int(reader_u24(&reader), 0x030405, "three bytes");
	ok(reader_ok(&reader), "to the end is fine");
	is_int(reader_u8(&reader), 0, "past the end reads zero");
	ok(!reader_ok(&reader), "… and the error sticks");
	struct reader sub = reader_sub(&reader, 3);
	ok(!reader_ok(&sub) && reader_left(&sub) == 0, "a cursor over nothing carries it on");
}

/* One wrong byte at any place of lengths around a word's, and cut characters at the end. */
static void test_utf8(void)
{
	bool all_found = true;
	char text[24];

	memset(text, 'a', sizeof(text));
	memcpy(text + 6, "\303\245\342\202\254\360\237\230\200", 9);
	ok(text_is_utf8(text, sizeof(text)) && text_is_utf8(text, 0), "letters of all lengths");
	for (size_t count = 1; count <= sizeof(text); count++) {
		bool is_whole = count < 7 || count == 8 || count == 11 || count >= 15;
		all_found &= text_is_utf8(text, count) == is_whole;
	}
	ok(all_found, "a character cut at the end is none");
	for (size_t at = 0; at < sizeof(text); at++) {
		char kept = text[at];
		text[at] = '\377';
		all_found &= !text_is_utf8(text, sizeof(text));
		text[at] = kept;
	}
	ok(all_found, "a wrong byte is found wherever it stands");
}

/* Whoever does not want to know why passes NULL. */
static void test_err(void)
{
	struct err err;

	is_int(err_set(NULL, ENOENT, "nobody reads this"), -ENOENT, "an error that nobody reads");
	err_prefix(NULL, "nor this");
	err_set(&err, EINVAL, "the %s", "reason");
	err_prefix(&err, "%u", 7);
	is_text(err.text, "7: the reason", "a prefix stands before the reason");
}

static void test_tsv(void)
{
	char path[] = "/tmp/borderflow-tsv-XXXXXX";
	const char *columns[] = { "b", "a", NULL };
	FILE *file = fdopen(mkstemp(path), "w");
	struct tsv *tsv = NULL;
	struct err err;

	fputs("# words\na\tb\n1\t2\n\n3\n", file);
	fclose(file);
	is_int(tsv_open(&tsv, path, columns, &err), 0, "a table opens");
	is_int(tsv_next(tsv, &err), 1, "its row is read");
	is_text(tsv_cell(tsv, 0), "2", "… cells by the order asked for");
	is_int(tsv_next(tsv, &err), -EINVAL, "a short row is refused");
	ok(strstr(err.text, ":5: expected 2"), "… with its line: %s", err.text);
	tsv_close(tsv);
	unlink(path);
	is_int(tsv_open_text(&tsv, "a.tsv", "a\tb\nin \303\205lesund\t\nin \303 and so on\t\n",
		       columns, &err),
		0, "a text opens");
	is_int(tsv_next(tsv, &err), 1, "UTF-8 is read");
	is_int(tsv_next(tsv, &err), -EINVAL, "and nothing else");
	ok(strstr(err.text, "a.tsv:3: the line is not UTF-8"), "… with its line: %s", err.text);
	tsv_close(tsv);

	const char *list = "a, bb,,c ", *item;
	is_int((int64_t)tsv_list_next(&list, &item), 1, "a list's first item");
	is_int((int64_t)tsv_list_next(&list, &item), 2, "… its second");
	is_int((int64_t)tsv_list_next(&list, &item), 1, "… and passes over an empty one");
}

static void *write_numbers(void *argument)
{
	struct ring *ring = argument;
	uint64_t number = 0;

	while (number < 100000) {
		size_t count;
		unsigned char *slots = ring_reserve(ring, 7, &count);
		for (size_t i = 0; i < count; i++) {
			memcpy(slots + i * 64, &number, sizeof(number));
			number++;
		}
		ring_publish(ring, count);
	}
	ring_close(ring);
	return NULL;
}

struct ring_look {
	struct ring *ring;
	size_t deepest;
};

static void *look_at_ring(void *argument)
{
	struct ring_look *look = argument;

	while (!ring_is_finished(look->ring)) {
		size_t depth = ring_depth(look->ring);
		look->deepest = depth > look->deepest ? depth : look->deepest;
	}
	return NULL;
}

static void test_ring(void)
{
	struct ring *ring = ring_create(8, 13);
	struct ring_look look = { .ring = ring };
	uint64_t expected = 0;
	bool in_order = true;
	pthread_t writer, looker;

	pthread_create(&writer, NULL, write_numbers, ring);
	pthread_create(&looker, NULL, look_at_ring, &look);
	while (!ring_is_finished(ring)) {
		size_t count;
		unsigned char *slots = ring_take(ring, 5, &count, UINT64_MAX);
		for (size_t i = 0; i < count; i++) {
			uint64_t number;
			memcpy(&number, slots + i * 64, sizeof(number));
			in_order &= number == expected++;
		}
		ring_release(ring, count);
	}
	pthread_join(writer, NULL);
	pthread_join(looker, NULL);
	ok(in_order && expected >= 100000, "a ring keeps number and order between threads");
	ok(look.deepest <= expected, "… and is never deeper than what went in");
	ring_destroy(ring);
}

static void *write_one(void *argument)
{
	struct ring *ring = argument;
	size_t count;

	usleep(20000); /* the reader sleeps by now */
	ring_reserve(ring, 1, &count);
	ring_publish(ring, 1);
	return NULL;
}

/* A sleeping reader is not woken for a slot, but it looks for itself before long. */
static void test_ring_nap(void)
{
	struct ring *ring = ring_create(8, 64);
	uint64_t start_ns = clock_monotonic_ns();
	pthread_t writer;
	size_t count;

	pthread_create(&writer, NULL, write_one, ring);
	ring_take(ring, 5, &count, UINT64_MAX);
	pthread_join(writer, NULL);
	ok(count == 1 && clock_monotonic_ns() - start_ns < 20 * RING_NAP_NS,
		"one slot, of a writer that says no more, is seen");
	ring_destroy(ring);
}

/* A file is replaced as a whole; what is none stays what it is, and is written into. */
static void test_file_write(void)
{
	char folder[] = "/tmp/test_file_write-XXXXXX", path[5][64], *content = NULL, said[8] = "";
	static const char *const names[] = { "file", "pipe", "null", "link", "to" };
	struct stat status;
	struct err err = { "" };

	ok(mkdtemp(folder) != NULL, "a folder");
	for (unsigned i = 0; i < 5; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/%s", folder, names[i]);
	}
	ok(file_write(path[0], "old", 3, &err) == 0 && file_write(path[0], "new", 3, &err) == 0 &&
			file_read(path[0], &content, NULL, &err) == 0 &&
			strcmp(content, "new") == 0,
		"a file %s", err.text);
	free(content);
	ok(mkfifo(path[1], 0600) == 0 && file_write(path[1], "new", 3, &err) == -ENXIO,
		"a pipe that nobody reads: %s", err.text);
	int reader = open(path[1], O_RDWR | O_NONBLOCK);
	ok(file_write(path[1], "new", 3, &err) == 0 && read(reader, said, 8) == 3 &&
			strcmp(said, "new") == 0 && lstat(path[1], &status) == 0 &&
			S_ISFIFO(status.st_mode),
		"one that somebody reads");
	close(reader);
	ok(symlink("/dev/null", path[2]) == 0 && file_write(path[2], "new", 3, &err) == 0 &&
			lstat(path[2], &status) == 0 && S_ISLNK(status.st_mode),
		"a device, by a link that stays");
	ok(file_write(path[4], "old, and longer", 15, &err) == 0 && symlink("to", path[3]) == 0 &&
			file_write(path[3], "new", 3, &err) == 0 && lstat(path[3], &status) == 0 &&
			S_ISLNK(status.st_mode) && file_read(path[4], &content, NULL, &err) == 0 &&
			strcmp(content, "new") == 0,
		"a link of ours is followed");
	free(content);
	ok(file_write(folder, "new", 3, &err) == -EISDIR, "a folder is not written: %s", err.text);
	for (unsigned i = 0; i < 5; i++) {
		unlink(path[i]);
	}
	rmdir(folder);
}

/* What is added to a file is there whole, or not at all. */
static void test_file_append(void)
{
	char path[] = "/tmp/test_file_append-XXXXXX", *content = NULL;
	int fd = mkstemp(path);
	struct err err;

	is_int(file_append(fd, path, "one\n", 4, &err), 0, "a line");
	fill_disk(path, 2);
	is_int(file_append(fd, path, "two\n", 4, &err), -EFBIG, "no room: %s", err.text);
	clear_disk();
	is_int(file_append(fd, path, "three\n", 6, &err), 0, "room again");
	is_int(file_read(path, &content, NULL, &err), 0, "the file");
	is_text(content ? content : "", "one\nthree\n", "… has no half of a line");
	free(content);
	close(fd);
	fd = open(path, O_RDONLY);
	is_int(file_append(fd, path, "x", 1, &err), -EBADF, "what is not open to be written");
	close(fd);
	unlink(path);
}

static void test_cores(void)
{
	cpu_set_t all, one;
	int first = 0;

	sched_getaffinity(0, sizeof(all), &all);
	ok(cores_usable() == (unsigned)CPU_COUNT(&all), "cores that the process may run on");
	while (!CPU_ISSET(first, &all)) {
		first++;
	}
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	sched_setaffinity(0, sizeof(one), &one);
	ok(cores_usable() == 1, "… one, where no more is left to it");
	sched_setaffinity(0, sizeof(all), &all);
}

/* Of every length: each of its bytes counts, none behind it does, and neither does where they lie.
 */
static void test_hash_fast(void)
{
	enum { LENGTH_MOST = 40 };
	const struct hash_key key = { { 1, 2 } };
	uint8_t bytes[LENGTH_MOST + 1], moved[LENGTH_MOST + 2];
	unsigned same = 0, others = 0, expected = 0;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(7 * i);
	}
	for (size_t length = 0; length <= LENGTH_MOST; length++) {
		uint64_t hash = hash_bytes_fast(&key, bytes, length);
		memcpy(moved + 1, bytes, length);
		moved[length + 1] = 0xff;
		same += hash_bytes_fast(&key, moved + 1, length) == hash;
		for (size_t i = 0; i < length; i++, expected++) {
			moved[i + 1] ^= 1;
			others += hash_bytes_fast(&key, moved + 1, length) != hash;
			moved[i + 1] ^= 1;
		}
	}
	ok(same == LENGTH_MOST + 1, "the fast hash is of the bytes, wherever they lie");
	ok(others == expected, "and each of them counts");
}

int main(void)
{
	struct hash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

	test_addresses();
	test_times();
	test_cut();
	test_text();
	test_edit_distance();
	test_reader();
	test_utf8();
	test_err();
	test_tsv();
	test_ring();
	test_ring_nap();
	test_file_write();
	test_file_append();
	test_cores();
	ok(hash_bytes(&key, "abc", 3) != hash_bytes(&key, "abd", 3),
		"different bytes, different hashes");
	test_hash_fast();
	return done_testing();
}

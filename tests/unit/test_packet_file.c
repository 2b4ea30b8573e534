/* A capture that is written has its name when it is whole; what had that name stays until then. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/output/packet_file.h"
#include "base/file.h"
#include "tests/tap.h"

static const uint8_t bytes[1000];

static int put_frames(struct packet_file *file, unsigned count, struct err *err)
{
	const struct frame frame = { .bytes = bytes,
		.captured_bytes = sizeof(bytes),
		.wire_bytes = sizeof(bytes),
		.time_ns = 1,
		.link_type = 1 };
	int status = 0;

	for (unsigned i = 0; i < count && status == 0; i++) {
		status = packet_file_put(file, &frame, "flow f1 app unknown", err);
	}
	return status;
}

static bool holds_before(const char *path)
{
	char *content;
	struct err err;
	bool is_before =
		file_read(path, &content, NULL, &err) == 0 && strcmp(content, "before") == 0;

	free(content);
	return is_before;
}

static bool holds_packets(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_size > (off_t)sizeof(bytes);
}

static void whole(const char *path)
{
	struct packet_file *file;
	struct err err;

	file_write(path, "before", 6, &err);
	is_int(packet_file_open(&file, path, "a test", &err), 0, "opened");
	put_frames(file, 1000, &err);
	ok(holds_before(path), "while it is written the name has what it had");
	is_int(packet_file_close(file, &err), 0, "closed");
	ok(holds_packets(path), "now it has the packets");
	struct stat status;
	ok(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600, "for its owner alone");
}

static void discarded(const char *path)
{
	struct packet_file *file;
	struct err err;

	file_write(path, "before", 6, &err);
	packet_file_open(&file, path, "a test", &err);
	put_frames(file, 1000, &err);
	packet_file_discard(file);
	ok(holds_before(path), "discarded: what was there stays");
	unlink(path);
	packet_file_open(&file, path, "a test", &err);
	packet_file_discard(file);
	ok(access(path, F_OK) < 0, "and what was not there is not");
}

static void full(const char *path)
{
	const struct rlimit small = { 64 << 10, RLIM_INFINITY };
	struct rlimit before;
	struct packet_file *file;
	struct err err = { "" };

	file_write(path, "before", 6, &err);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	packet_file_open(&file, path, "a test", &err);
	put_frames(file, 100, &err);
	setrlimit(RLIMIT_FSIZE, &small);
	int status = packet_file_close(file, &err);
	setrlimit(RLIMIT_FSIZE, &before);
	ok(status < 0 && strstr(err.text, path) && !strstr(err.text, ".new"), "no room: %s",
		err.text);
	ok(holds_before(path), "and what was there stays");
}

static void straight(const char *path, const char *link)
{
	struct packet_file *file;
	struct err err;

	file_write(path, "before", 6, &err);
	ok(symlink(path, link) == 0, "a link of our own");
	packet_file_open(&file, link, "a test", &err);
	put_frames(file, 10, &err);
	packet_file_close(file, &err);
	ok(holds_packets(path), "is followed");
}

/* The name of a capture may hold anything; whoever lists the interfaces sees it as it is. */
static void described(const char *path)
{
	struct packet_file *file;
	char *content;
	size_t length = 0;
	struct err err;

	packet_file_open(&file, path, "a\x1b[31m\nb\xff.pcap", &err);
	put_frames(file, 1, &err);
	packet_file_close(file, &err);
	file_read(path, &content, &length, &err);
	ok(content && memmem(content, length, "a\\x1b[31m\\x0ab", 12) &&
			!memchr(content, 0x1b, 100),
		"a name with controls is told in letters");
	free(content);
}

int main(void)
{
	char folder[] = "/tmp/packet-file-XXXXXX", path[64], link[64];

	if (!mkdtemp(folder)) {
		return 1;
	}
	snprintf(path, sizeof(path), "%s/a.pcapng", folder);
	snprintf(link, sizeof(link), "%s/link", folder);
	whole(path);
	discarded(path);
	full(path);
	straight(path, link);
	described(path);
	unlink(path);
	unlink(link);
	is_int(rmdir(folder), 0, "nothing else is left");
	return done_testing();
}

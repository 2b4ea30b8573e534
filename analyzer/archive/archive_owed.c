#include "analyzer/archive/archive_owed.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum { ROOM_BYTES = 512 };

static bool make_path(const char *folder, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/owed", folder) < PATH_MAX;
}

/* Blanks to the end: the room stays as large as it is. */
static bool write_room(int fd, const char *line)
{
	char room[ROOM_BYTES + 1];

	snprintf(room, sizeof(room), "%-*s", ROOM_BYTES - 1, line);
	room[ROOM_BYTES - 1] = '\n';
	return pwrite(fd, room, ROOM_BYTES, 0) == ROOM_BYTES && fsync(fd) == 0;
}

int archive_owed_open(const char *folder)
{
	char path[PATH_MAX];
	int fd = make_path(folder, path) ? file_open_to_write(path, O_RDWR | O_CREAT, 0640, NULL)
					 : -1;

	if (fd >= 0 && lseek(fd, 0, SEEK_END) < ROOM_BYTES && !write_room(fd, "")) {
		close(fd);
		return -1;
	}
	return fd < 0 ? -1 : fd;
}

void archive_owed_read(struct archive_owed *owed, const char *folder)
{
	char path[PATH_MAX], room[ROOM_BYTES + 1] = "";
	int fd = make_path(folder, path) ? file_open_regular(path) : -1;
	struct sink_gap *gap = &owed->gap;

	*owed = (struct archive_owed){ 0 };
	if (fd < 0) {
		return;
	}
	if (pread(fd, room, ROOM_BYTES, 0) < 0 ||
		sscanf(room, "records %" SCNu64 " from %" SCNu64 " to %" SCNu64 ": %255[^\n]",
			&gap->records, &gap->first_ns, &gap->last_ns, owed->why) != 4) {
		gap->records = 0;
	}
	owed->why[strcspn(owed->why, "\n")] = '\0';
	for (size_t end = strlen(owed->why); end > 0 && owed->why[end - 1] == ' '; end--) {
		owed->why[end - 1] = '\0';
	}
	gap->reason = owed->why;
	close(fd);
}

void archive_owed_write(int fd, const struct archive_owed *owed)
{
	char line[ROOM_BYTES] = "";

	if (owed) {
		snprintf(line, sizeof(line),
			"records %" PRIu64 " from %" PRIu64 " to %" PRIu64 ": %.250s",
			owed->gap.records, owed->gap.first_ns, owed->gap.last_ns, owed->why);
	}
	if (fd >= 0) {
		write_room(fd, line);
	}
}

void archive_owed_add(struct archive_owed *owed, const struct sink_gap *gap)
{
	struct sink_gap *sum = &owed->gap;

	if (gap->records == 0) {
		return;
	}
	if (sum->records == 0 || gap->first_ns < sum->first_ns) {
		sum->first_ns = gap->first_ns;
	}
	sum->last_ns = gap->last_ns > sum->last_ns ? gap->last_ns : sum->last_ns;
	sum->records += gap->records;
	snprintf(owed->why, sizeof(owed->why), "%.250s", gap->reason);
	sum->reason = owed->why;
}

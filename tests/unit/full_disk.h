/* A disk that is full for a while: no file grows beyond what the one named has, and a few bytes
 * more. */
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct rlimit room_before;

static void fill_disk(const char *path, unsigned bytes_left)
{
	struct stat status = { 0 };

	stat(path, &status);
	getrlimit(RLIMIT_FSIZE, &room_before);
	struct rlimit room = room_before;
	room.rlim_cur = (rlim_t)status.st_size + bytes_left;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &room);
}

static void clear_disk(void)
{
	setrlimit(RLIMIT_FSIZE, &room_before);
}

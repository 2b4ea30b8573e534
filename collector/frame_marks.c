#include "collector/frame_marks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

/* The file grows, and is mapped anew, in steps of so many frames. */
#define MARKS_STEP (UINT64_C(4) << 20)

/* One more flow of a frame. */
struct more {
	uint64_t frame;
	uint32_t serial;
};

struct frame_marks {
	int fd;
	uint32_t *serials; /* by frame; 0 none */
	uint64_t room;     /* frames that the file has room for */
	uint64_t end;      /* behind the last frame that is of a flow */
	struct more *more; /* by frame, as they came */
	size_t more_count, more_room;
	bool is_sorted;
	int failure;
	struct err reason;
};

int frame_marks_create(struct frame_marks **marks, struct err *err)
{
	struct frame_marks *made = calloc(1, sizeof(*made));
	int fd = made ? file_open_nameless(err) : err_set(err, ENOMEM, "out of memory");

	*marks = NULL;
	if (fd < 0) {
		free(made);
		return fd;
	}
	made->fd = fd;
	*marks = made;
	return 0;
}

void frame_marks_destroy(struct frame_marks *marks)
{
	if (marks) {
		if (marks->serials) {
			munmap(marks->serials, marks->room * sizeof(*marks->serials));
		}
		close(marks->fd);
		free(marks->more);
		free(marks);
	}
}

/* Room is made before it is written to: a full disk must not be a signal. 0, or what failed. */
static int grow(struct frame_marks *marks)
{
	size_t before = marks->room * sizeof(*marks->serials);
	size_t step = MARKS_STEP * sizeof(*marks->serials);
	int failure = posix_fallocate(marks->fd, (off_t)before, (off_t)step);

	if (failure != 0) {
		return failure;
	}
	void *mapped = marks->serials
			       ? mremap(marks->serials, before, before + step, MREMAP_MAYMOVE)
			       : mmap(NULL, step, PROT_READ | PROT_WRITE, MAP_SHARED, marks->fd, 0);
	if (mapped == MAP_FAILED) {
		return errno;
	}
	marks->serials = mapped;
	marks->room += MARKS_STEP;
	return 0;
}

static bool make_room(struct frame_marks *marks, uint64_t frame)
{
	while (frame >= marks->room && marks->failure == 0) {
		int failure = grow(marks);
		if (failure != 0) {
			marks->failure = err_set(&marks->reason, failure,
				"%s: no room to note which packets belong to which flow (TMPDIR "
				"says where): %s",
				file_temporary_folder(), strerror(failure));
		}
	}
	return frame < marks->room;
}

static void add_more(struct frame_marks *marks, uint64_t frame, uint32_t serial)
{
	if (marks->more_count == marks->more_room) {
		size_t room = marks->more_room ? marks->more_room * 2 : 256;
		struct more *grown = realloc(marks->more, room * sizeof(*grown));
		if (!grown) {
			marks->failure = err_set(&marks->reason, ENOMEM, "out of memory");
			return;
		}
		marks->more = grown;
		marks->more_room = room;
	}
	marks->more[marks->more_count++] = (struct more){ frame, serial };
	marks->is_sorted = false;
}

void frame_marks_add(struct frame_marks *marks, uint64_t frame, uint32_t serial)
{
	if (!make_room(marks, frame)) {
		return;
	}
	marks->end = frame < marks->end ? marks->end : frame + 1;
	if (marks->serials[frame] == 0) {
		marks->serials[frame] = serial;
	} else {
		add_more(marks, frame, serial);
	}
}

void frame_marks_move(struct frame_marks *marks, uint64_t frame, uint32_t from, uint32_t to)
{
	if (frame < marks->room && marks->serials[frame] == from) {
		marks->serials[frame] = to;
		return;
	}
	for (size_t i = marks->more_count; i-- > 0;) {
		if (marks->more[i].frame == frame && marks->more[i].serial == from) {
			marks->more[i].serial = to;
			return;
		}
	}
}

static int by_frame(const void *a, const void *b)
{
	const struct more *left = a, *right = b;

	return left->frame < right->frame ? -1 : left->frame > right->frame;
}

unsigned frame_marks_get(
	struct frame_marks *marks, uint64_t frame, uint32_t *serials, unsigned most)
{
	const struct more key = { .frame = frame }, *found;
	unsigned count = 0;

	if (frame >= marks->room || marks->serials[frame] == 0) {
		return 0;
	}
	serials[count++] = marks->serials[frame];
	if (!marks->is_sorted && marks->more_count > 0) {
		qsort(marks->more, marks->more_count, sizeof(*marks->more), by_frame);
		marks->is_sorted = true;
	}
	found = marks->more_count > 0
			? bsearch(&key, marks->more, marks->more_count, sizeof(key), by_frame)
			: NULL;
	while (found && found > marks->more && found[-1].frame == frame) {
		found--;
	}
	for (; found && found < marks->more + marks->more_count && found->frame == frame &&
		count < most;
		found++) {
		serials[count++] = found->serial;
	}
	return count;
}

uint64_t frame_marks_end(const struct frame_marks *marks)
{
	return marks->end;
}

int frame_marks_failure(const struct frame_marks *marks, struct err *err)
{
	if (marks->failure < 0) {
		*err = marks->reason;
	}
	return marks->failure;
}

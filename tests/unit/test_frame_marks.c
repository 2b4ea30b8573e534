/* Which flows a frame is of: one at most mostly, several where frames are aggregated. */
#include "collector/frame_marks.h"

#include "tests/tap.h"

enum { MOST = 4 };

static bool is_of(
	struct frame_marks *marks, uint64_t frame, unsigned count, uint32_t first, uint32_t second)
{
	uint32_t serials[MOST] = { 0 };
	unsigned got = frame_marks_get(marks, frame, serials, MOST);

	return got == count && (count < 1 || serials[0] == first) &&
	       (count < 2 || serials[1] == second);
}

static void test_one(struct frame_marks *marks)
{
	ok(is_of(marks, 0, 0, 0, 0) && frame_marks_end(marks) == 0, "nothing is marked at first");
	frame_marks_add(marks, 5, 1);
	ok(is_of(marks, 5, 1, 1, 0), "a frame of one flow");
	ok(is_of(marks, 4, 0, 0, 0) && is_of(marks, 6, 0, 0, 0),
		"the frames beside it are of none");
	is_int((int64_t)frame_marks_end(marks), 6, "behind it there is none");
}

static void test_several(struct frame_marks *marks)
{
	uint32_t serials[MOST];

	frame_marks_add(marks, 7, 2);
	frame_marks_add(marks, 7, 3);
	frame_marks_add(marks, 6, 4);
	frame_marks_add(marks, 6, 5);
	ok(is_of(marks, 7, 2, 2, 3) && is_of(marks, 6, 2, 4, 5),
		"frames of two flows, marked in any order");
	for (uint32_t serial = 10; serial < 20; serial++) {
		frame_marks_add(marks, 8, serial);
	}
	is_int(frame_marks_get(marks, 8, serials, MOST), MOST, "no more than there is room for");
}

static void test_move(struct frame_marks *marks)
{
	frame_marks_move(marks, 5, 1, 9);
	ok(is_of(marks, 5, 1, 9, 0), "moved to another flow");
	frame_marks_move(marks, 7, 3, 9);
	ok(is_of(marks, 7, 2, 2, 9), "also where it is the second");
	frame_marks_move(marks, 5, 1, 11);
	frame_marks_move(marks, UINT64_C(1) << 40, 1, 11);
	ok(is_of(marks, 5, 1, 9, 0), "what it is not of cannot be moved");
}

/* A frame with several packets of one flow. */
static void test_packets(struct frame_marks *marks)
{
	frame_marks_add(marks, 9, 30);
	frame_marks_add(marks, 9, 30);
	frame_marks_add(marks, 9, 31);
	uint32_t serials[MOST];
	is_int(frame_marks_get(marks, 9, serials, MOST), 3, "a flow is told for each packet");
	frame_marks_move(marks, 9, 30, 32);
	frame_marks_move(marks, 9, 30, 33);
	frame_marks_get(marks, 9, serials, MOST);
	ok(serials[0] == 32 && serials[1] + serials[2] == 33 + 31, "and moved packet by packet");
}

/* The file grows in steps; what was marked before stays. */
static void test_growth(struct frame_marks *marks)
{
	const uint64_t far = (UINT64_C(4) << 20) + 3;

	frame_marks_add(marks, far, 21);
	ok(is_of(marks, far, 1, 21, 0) && is_of(marks, 7, 2, 2, 9), "behind a step of the file");
	is_int((int64_t)frame_marks_end(marks), (int64_t)far + 1, "the end goes on");
	frame_marks_add(marks, 1, 22);
	is_int((int64_t)frame_marks_end(marks), (int64_t)far + 1, "and not back");
}

int main(void)
{
	struct frame_marks *marks;
	struct err err;

	if (frame_marks_create(&marks, &err) < 0) {
		printf("# %s\n", err.text);
		return 1;
	}
	test_one(marks);
	test_several(marks);
	test_move(marks);
	test_packets(marks);
	test_growth(marks);
	is_int(frame_marks_failure(marks, &err), 0, "nothing failed");
	frame_marks_destroy(marks);
	setenv("TMPDIR", "/nowhere", 1);
	ok(frame_marks_create(&marks, &err) < 0 && strstr(err.text, "TMPDIR"),
		"where there is no room: %s", err.text);
	return done_testing();
}

/* Several live interfaces as one source: in time order, though one of them has nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collector/source_ops.h"
#include "tests/tap.h"

enum { SCRIPT_MAX = 32 };

/* An interface that hands over what stands in a script, so many frames at a time; 0: it has nothing
 * just then. */
struct scripted {
	struct source base;
	uint64_t times_ns[SCRIPT_MAX];
	unsigned counts[SCRIPT_MAX], count, turn, at;
	int failure; /* at the end */
	bool is_gone;
	unsigned *closed;
};

static int scripted_take(struct source *source, struct frame_batch *batch, struct err *err)
{
	struct scripted *scripted = (struct scripted *)source;

	if (scripted->turn == scripted->count) {
		return scripted->failure ? err_set(err, -scripted->failure, "is down") : 0;
	}
	for (unsigned i = 0; i < scripted->counts[scripted->turn]; i++) {
		batch->frames[batch->count++] =
			(struct frame){ .time_ns = scripted->times_ns[scripted->at++] };
	}
	scripted->turn++;
	return 0;
}

static int scripted_wait_at(const struct source *source)
{
	(void)source;
	return -1;
}

static void scripted_progress(struct source *source, struct source_stats *stats)
{
	struct scripted *scripted = (struct scripted *)source;

	stats->kernel_drops = 5;
	stats->gone = scripted->is_gone ? scripted->base.name : NULL;
}

static void scripted_destroy(struct source *source)
{
	struct scripted *scripted = (struct scripted *)source;

	++*scripted->closed;
	free(scripted);
}

static const struct source_ops scripted_ops = { .take = scripted_take,
	.wait_at = scripted_wait_at,
	.progress = scripted_progress,
	.destroy = scripted_destroy };

static unsigned closed;

static struct scripted *scripted_create(const char *name)
{
	struct scripted *scripted = calloc(1, sizeof(*scripted));

	scripted->base.ops = &scripted_ops;
	scripted->base.is_live = true;
	scripted->base.name = strdup(name);
	scripted->closed = &closed;
	return scripted;
}

static void brings(struct scripted *scripted, unsigned count, const uint64_t *times_ns)
{
	memcpy(scripted->times_ns + scripted->at, times_ns, count * sizeof(*times_ns));
	scripted->counts[scripted->count++] = count;
	scripted->at += count;
}

static struct source *joined(struct scripted *one, struct scripted *other)
{
	struct source *const sources[] = { &one->base, &other->base };
	struct source *source;
	struct err err;

	one->at = other->at = 0;
	return source_join(&source, sources, 2, &err) == 0 ? source : NULL;
}

static struct frame_batch batch;

/* Frames of so many calls; the times they have, and how many. */
static unsigned read_some(struct source *source, unsigned calls, uint64_t times_ns[SCRIPT_MAX])
{
	unsigned count = 0;
	struct err err;

	for (unsigned call = 0; call < calls && source_next(source, &batch, &err) == 0; call++) {
		for (unsigned i = 0; i < batch.count; i++) {
			times_ns[count++] = batch.frames[i].time_ns;
		}
	}
	return count;
}

static void test_order(void)
{
	static const uint64_t first[] = { 10, 20, 30 }, second[] = { 15, 25, 26, 27 },
			      third[] = { 40, 50 };
	static const uint64_t wanted[] = { 10, 15, 20, 25, 26, 27, 30, 40, 50 };
	struct scripted *one = scripted_create("if:one"), *other = scripted_create("if:other");
	uint64_t times_ns[SCRIPT_MAX];

	brings(one, 3, first);
	brings(one, 0, first);
	brings(one, 2, third);
	brings(other, 4, second);
	struct source *source = joined(one, other);
	unsigned count = read_some(source, 8, times_ns);
	ok(count == 9 && memcmp(times_ns, wanted, sizeof(wanted)) == 0,
		"frames of two interfaces in time order");
	struct source_stats stats;
	source_read_stats(source, &stats);
	ok(stats.frames == 9 && stats.kernel_drops == 10 && !stats.gone, "… counted together");
	one->is_gone = true;
	source_read_stats(source, &stats);
	is_text(stats.gone, "if:one", "which one is gone is said");
	closed = 0;
	source_close(source);
	is_int(closed, 2, "both are closed with it");
}

/* What came just now may have an earlier one on the other interface, which the kernel still keeps.
 */
static void test_held(void)
{
	uint64_t now_ns = clock_now_ns(), earlier_ns = now_ns - 3 * NS_PER_MS;
	uint64_t ahead_ns = now_ns + 3600 * NS_PER_S;
	struct scripted *one = scripted_create("if:one"), *other = scripted_create("if:other");
	uint64_t times_ns[SCRIPT_MAX];

	brings(one, 1, &now_ns);
	brings(other, 0, &earlier_ns);
	brings(other, 1, &earlier_ns);
	struct source *source = joined(one, other);
	unsigned count = read_some(source, 4, times_ns);
	ok(count == 2 && times_ns[0] == earlier_ns && times_ns[1] == now_ns,
		"a frame waits for one that came before it");
	source_close(source);

	one = scripted_create("if:one");
	other = scripted_create("if:other");
	brings(one, 1, &ahead_ns);
	source = joined(one, other);
	is_int(read_some(source, 1, times_ns), 1, "by another clock nothing waits");
	source_close(source);
}

static void test_failure(void)
{
	static const uint64_t first[] = { 10 };
	struct scripted *one = scripted_create("if:one"), *other = scripted_create("if:other");
	uint64_t times_ns[SCRIPT_MAX];
	struct err err = { "" };

	brings(one, 1, first);
	other->failure = -ENETDOWN;
	struct source *source = joined(one, other);
	is_int(read_some(source, 4, times_ns), 0, "one that fails ends it");
	ok(source_next(source, &batch, &err) == -ENETDOWN && strstr(err.text, "if:other"),
		"… by its name: %s", err.text);
	source_close(source);
}

int main(void)
{
	test_order();
	test_held();
	test_failure();
	return done_testing();
}

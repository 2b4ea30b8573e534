/* Several live interfaces as one source (source_open_interfaces()).
 *
 * The kernel hands frames of an interface over in blocks, some time after they came. So the
 * earliest frame at hand goes on once no interface can have an earlier one: each has a later one at
 * hand, or had none when that frame was SOURCE_HELD_MS old already. Where cards have clocks of
 * their own that are ahead of ours nobody can tell, and frames go on as they come. */
#include "collector/source_ops.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define HELD_NS  (SOURCE_HELD_MS * NS_PER_MS)
#define AHEAD_NS NS_PER_S /* that is another clock */

struct member {
	struct source *source;
	struct frame_batch *batch;
	unsigned next;      /* frame of the batch */
	uint64_t looked_ns; /* when it had no frame at hand */
};

struct interfaces {
	struct source base;
	unsigned count;
	struct pollfd *ready;
	struct member members[];
};

static bool is_empty(const struct member *member)
{
	return member->next == member->batch->count;
}

static uint64_t head_ns(const struct member *member)
{
	return member->batch->frames[member->next].time_ns;
}

/* Those whose frames are used up read on. Frames handed over before are given up by this. */
static int refill(struct interfaces *interfaces, struct err *err)
{
	for (unsigned i = 0; i < interfaces->count; i++) {
		struct member *member = &interfaces->members[i];
		if (!is_empty(member)) {
			continue;
		}
		member->looked_ns = clock_now_ns();
		member->next = member->batch->count = 0;
		int status = member->source->ops->take(member->source, member->batch, err);
		if (status < 0) {
			err_prefix(err, "%s", member->source->name);
			return status;
		}
	}
	return 0;
}

static struct member *earliest(struct interfaces *interfaces)
{
	struct member *first = NULL;

	for (unsigned i = 0; i < interfaces->count; i++) {
		struct member *member = &interfaces->members[i];
		if (!is_empty(member) && (!first || head_ns(member) < head_ns(first))) {
			first = member;
		}
	}
	return first;
}

/* Can nobody bring an earlier frame any more? */
static bool may_go(const struct interfaces *interfaces, uint64_t time_ns)
{
	for (unsigned i = 0; i < interfaces->count; i++) {
		const struct member *member = &interfaces->members[i];
		if (is_empty(member) && time_ns + HELD_NS > member->looked_ns &&
			time_ns < member->looked_ns + AHEAD_NS) {
			return false;
		}
	}
	return true;
}

/* Until the batch is full, or one member's frames are used up: reading on would take the memory of
 * those in this batch. */
static void fill(struct interfaces *interfaces, struct frame_batch *batch)
{
	struct member *member;

	do {
		member = earliest(interfaces);
		if (!member || !may_go(interfaces, head_ns(member))) {
			return;
		}
		batch->frames[batch->count++] = member->batch->frames[member->next++];
	} while (batch->count < PACKET_BATCH_MAX && !is_empty(member));
}

/* For a frame of those that have none; a frame that is held waits for its time alone. */
static void wait_for_frames(struct interfaces *interfaces)
{
	int wait_ms = earliest(interfaces)          ? SOURCE_HELD_MS
		      : interfaces->base.is_hurried ? SOURCE_HURRIED_MS
						    : SOURCE_WAIT_MS;

	for (unsigned i = 0; i < interfaces->count; i++) {
		const struct member *member = &interfaces->members[i];
		interfaces->ready[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		if (is_empty(member)) {
			interfaces->ready[i].fd = member->source->ops->wait_at(member->source);
		}
	}
	poll(interfaces->ready, interfaces->count, wait_ms);
}

static int interfaces_next(struct source *source, struct frame_batch *batch, struct err *err)
{
	struct interfaces *interfaces = (struct interfaces *)source;
	int status = refill(interfaces, err);

	if (status == 0) {
		fill(interfaces, batch);
	}
	if (status == 0 && batch->count == 0) {
		wait_for_frames(interfaces);
		status = refill(interfaces, err);
		if (status == 0) {
			fill(interfaces, batch);
		}
	}
	return status;
}

static void interfaces_progress(struct source *source, struct source_stats *stats)
{
	struct interfaces *interfaces = (struct interfaces *)source;

	for (unsigned i = 0; i < interfaces->count; i++) {
		struct source_stats part;
		source_read_stats(interfaces->members[i].source, &part);
		stats->bytes_done += part.bytes_done;
		stats->kernel_drops += part.kernel_drops;
		stats->gone = part.gone ? part.gone : stats->gone;
	}
}

static void interfaces_destroy(struct source *source)
{
	struct interfaces *interfaces = (struct interfaces *)source;

	for (unsigned i = 0; i < interfaces->count; i++) {
		source_close(interfaces->members[i].source);
		free(interfaces->members[i].batch);
	}
	free(interfaces->ready);
	free(interfaces);
}

static const struct source_ops interfaces_ops = {
	.next = interfaces_next,
	.progress = interfaces_progress,
	.destroy = interfaces_destroy,
};

/* The sources are its own from the first on. */
static int take_members(struct interfaces *interfaces, struct source *const *sources,
	unsigned count, struct err *err)
{
	bool is_done = true;

	interfaces->count = count;
	for (unsigned i = 0; i < count; i++) {
		struct member *member = &interfaces->members[i];
		member->source = sources[i];
		member->batch = malloc(sizeof(*member->batch));
		is_done &= member->batch != NULL;
		if (member->batch) {
			member->batch->count = 0;
		}
	}
	interfaces->ready = calloc(count, sizeof(*interfaces->ready));
	interfaces->base.name = strdup(sources[0]->name);
	return is_done && interfaces->ready && interfaces->base.name
		       ? 0
		       : err_set(err, ENOMEM, "out of memory");
}

int source_join(
	struct source **joined, struct source *const *sources, unsigned count, struct err *err)
{
	struct interfaces *made = calloc(1, sizeof(*made) + count * sizeof(struct member));

	*joined = NULL;
	if (!made) {
		for (unsigned i = 0; i < count; i++) {
			source_close(sources[i]);
		}
		return err_set(err, ENOMEM, "out of memory");
	}
	made->base.ops = &interfaces_ops;
	made->base.is_live = true;
	made->base.names_files = true;
	if (take_members(made, sources, count, err) < 0) {
		source_close(&made->base);
		return -ENOMEM;
	}
	*joined = &made->base;
	return 0;
}

int source_open_interfaces(struct source **source, const char *const *names, unsigned count,
	const struct source_options *options, uint32_t *fanout_groups, struct err *err)
{
	struct source_options own = *options;
	struct source *sources[SOURCE_INTERFACES_MAX];
	unsigned opened = 0;
	char name[64];
	int status = 0;

	*source = NULL;
	if (count > SOURCE_INTERFACES_MAX) {
		return err_set(err, EINVAL, "at most %d interfaces are captured from",
			SOURCE_INTERFACES_MAX);
	}
	own.is_joined = count > 1;
	while (opened < count && status == 0) {
		own.fanout_group = fanout_groups ? &fanout_groups[opened] : NULL;
		snprintf(name, sizeof(name), "if:%s", names[opened]);
		status = source_open(&sources[opened], name, &own, err);
		opened += status == 0;
	}
	if (status == 0 && count > 1) {
		return source_join(source, sources, count, err);
	}
	while (status < 0 && opened > 0) {
		source_close(sources[--opened]);
	}
	*source = status == 0 ? sources[0] : NULL;
	return status;
}

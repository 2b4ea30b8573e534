#include "dashboards/cli/flows_places.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/input_id.h"
#include "dashboards/cli/cli.h"

/* More captures than this are looked through by time. */
enum { INPUTS_MAX = 1024 };

/* Ranges of a capture with less between them are read as one. */
enum { GAP_BYTES = 4 << 20 };

/* A capture that the records name, and what is wanted of it. */
struct input {
	char *id;
	struct source_range range; /* of the flows */
	struct source_range *more; /* besides */
	unsigned more_count;
};

struct flow_places {
	struct input inputs[INPUTS_MAX];
	unsigned count;
	bool is_unknown; /* of a flow, where its packets are */
	bool goes_on;    /* a flow, from one capture into another */
};

struct flow_places *flow_places_create(void)
{
	return calloc(1, sizeof(struct flow_places));
}

void flow_places_destroy(struct flow_places *places)
{
	if (places) {
		for (unsigned i = 0; i < places->count; i++) {
			free(places->inputs[i].id);
			free(places->inputs[i].more);
		}
		free(places);
	}
}

static struct input *find_input(struct flow_places *places, const char *id)
{
	for (unsigned i = 0; i < places->count; i++) {
		if (strcmp(places->inputs[i].id, id) == 0) {
			return &places->inputs[i];
		}
	}
	char *kept = id[0] && places->count < INPUTS_MAX ? strdup(id) : NULL;
	if (!kept) {
		return NULL;
	}
	places->inputs[places->count] = (struct input){ kept, { UINT64_MAX, 0 }, NULL, 0 };
	return &places->inputs[places->count++];
}

static void want(struct flow_places *places, const char *id, uint64_t from, uint64_t to)
{
	struct input *input = find_input(places, id);

	if (!input) {
		places->is_unknown = true;
		return;
	}
	struct source_range *range = &input->range;
	range->from_offset = from < range->from_offset ? from : range->from_offset;
	range->to_offset = to > range->to_offset ? to : range->to_offset;
}

void flow_places_take(
	struct flow_places *places, const struct record *record, const struct record_labels *labels)
{
	const uint64_t *offsets = record->flow.offsets;

	if (strcmp(labels->inputs[0], labels->inputs[1]) == 0) {
		want(places, labels->inputs[0], offsets[0], offsets[1]);
		return;
	}
	places->goes_on = true;
	want(places, labels->inputs[0], offsets[0], UINT64_MAX);
	want(places, labels->inputs[1], 0, offsets[1]);
}

void flow_places_add(
	struct flow_places *places, const char *const inputs[2], const uint64_t offsets[2])
{
	struct input *input =
		strcmp(inputs[0], inputs[1]) == 0 ? find_input(places, inputs[0]) : NULL;
	struct source_range *more =
		input ? realloc(input->more, (input->more_count + 1) * sizeof(*more)) : NULL;

	if (more) {
		input->more = more;
		more[input->more_count++] = (struct source_range){ offsets[0], offsets[1] };
	}
}

static int by_offset(const void *a, const void *b)
{
	const struct source_range *left = a, *right = b;

	return left->from_offset < right->from_offset ? -1 : left->from_offset > right->from_offset;
}

/* The ranges of a capture, those that lie near each other as one. How many. */
static unsigned join_ranges(const struct input *input, struct source_range *ranges)
{
	unsigned count = 0, joined = 0;

	if (input->range.from_offset <= input->range.to_offset) {
		ranges[count++] = input->range;
	}
	for (unsigned i = 0; i < input->more_count; i++) {
		ranges[count++] = input->more[i];
	}
	qsort(ranges, count, sizeof(*ranges), by_offset);
	for (unsigned i = 1; i < count; i++) {
		struct source_range *before = &ranges[joined];
		bool is_near = ranges[i].from_offset <= before->to_offset ||
			       ranges[i].from_offset - before->to_offset < GAP_BYTES;
		if (!is_near) {
			ranges[++joined] = ranges[i];
		} else if (ranges[i].to_offset > before->to_offset) {
			before->to_offset = ranges[i].to_offset;
		}
	}
	return joined + 1;
}

/* The capture of this id; NULL, and where it is needed it was said why. */
static const char *find_capture(
	const char *id, bool is_needed, const char *const *captures, unsigned count)
{
	const char *changed = NULL;

	for (unsigned i = 0; i < count; i++) {
		enum input_match match = input_id_match(id, captures[i]);
		if (match == INPUT_IS_SAME_PACKED && is_needed) {
			cli_notice("flows", "%s is compressed, and is unpacked from its start",
				captures[i]);
		}
		if (match == INPUT_IS_SAME || match == INPUT_IS_SAME_PACKED) {
			return captures[i];
		}
		changed = match == INPUT_IS_CHANGED ? captures[i] : changed;
	}
	if (!is_needed) {
		return NULL;
	}
	if (changed) {
		cli_notice("flows",
			"%s is not what it was when it was analysed; the packets are looked for by "
			"their time",
			changed);
	} else {
		cli_notice("flows",
			"the capture %.*s, which the records name, is not in the input; the "
			"packets are looked for by their time",
			input_id_name_length(id), id);
	}
	return NULL;
}

static void add(struct flow_stretches *stretches, const char *capture, struct source_range range)
{
	stretches->captures[stretches->count] = capture;
	stretches->ranges[stretches->count++] = range;
}

/* Those that are read already are left out. */
static void add_others(
	struct flow_stretches *stretches, const char *const *captures, unsigned count)
{
	unsigned named = stretches->count;

	for (unsigned i = 0; i < count; i++) {
		bool is_named = false;
		for (unsigned k = 0; k < named; k++) {
			is_named |= stretches->captures[k] == captures[i];
		}
		if (!is_named) {
			add(stretches, captures[i], SOURCE_RANGE_ALL);
		}
	}
}

bool flow_places_find(const struct flow_places *places, const char *const *captures, unsigned count,
	struct flow_stretches *stretches)
{
	*stretches = (struct flow_stretches){ 0 };
	if (places->is_unknown || places->count == 0) {
		return false;
	}
	unsigned room = places->count + count;
	for (unsigned i = 0; i < places->count; i++) {
		room += places->inputs[i].more_count;
	}
	stretches->captures = calloc(room, sizeof(*stretches->captures));
	stretches->ranges = calloc(room, sizeof(*stretches->ranges));
	if (!stretches->captures || !stretches->ranges) {
		return false;
	}
	for (unsigned i = 0; i < places->count; i++) {
		const struct input *input = &places->inputs[i];
		bool is_needed = input->range.from_offset <= input->range.to_offset;
		const char *capture = find_capture(input->id, is_needed, captures, count);
		if (!capture && is_needed) {
			return false;
		}
		if (!capture) {
			continue;
		}
		struct source_range *ranges = stretches->ranges + stretches->count;
		unsigned joined = join_ranges(input, ranges);
		for (unsigned k = 0; k < joined; k++) {
			add(stretches, capture, ranges[k]);
		}
	}
	if (places->goes_on) {
		add_others(stretches, captures, count);
	}
	return true;
}

void flow_stretches_free(struct flow_stretches *stretches)
{
	free(stretches->captures);
	free(stretches->ranges);
}

/* What the detectors learnt, as one blob: a header of sizes, then each part as it stands. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/engine/detectors_parts.h"
#include "analyzer/record/state.h"

enum { PARTS = 5 };

static const struct state_part kept = { "detectors", 1,
	"what is usual here is learnt anew; until then detectors say less" };

/* Parts of another build are not read: their sizes differ, or what a float looks like. */
struct header {
	uint64_t bytes[PARTS];
	uint32_t series_bytes;
	float one;
};

static struct header header_of(const struct detectors *detectors)
{
	return (struct header){ .bytes = { detect_state_bytes(detectors->detect),
					novelty_state_bytes(detectors->novelty),
					beacons_state_bytes(detectors->beacons),
					flow_notes_state_bytes(detectors->notes),
					sizeof(*detectors->numbers) },
		.series_bytes = sizeof(struct volume),
		.one = 1 };
}

int detectors_save(const struct detectors *detectors, struct state *state, struct err *err)
{
	struct header header = header_of(detectors);
	size_t count = sizeof(header);

	if (detectors->numbers->next_slot == 0) {
		return 0; /* nothing was learnt */
	}
	for (unsigned i = 0; i < PARTS; i++) {
		count += header.bytes[i];
	}
	char *content = malloc(count), *at = content;
	if (!content) {
		return err_set(err, ENOMEM, "no memory to write the detectors' state");
	}
	memcpy(at, &header, sizeof(header));
	at += sizeof(header);
	detect_state_write(detectors->detect, at);
	at += header.bytes[0];
	novelty_state_write(detectors->novelty, at);
	at += header.bytes[1];
	beacons_state_write(detectors->beacons, at);
	at += header.bytes[2];
	flow_notes_state_write(detectors->notes, at);
	at += header.bytes[3];
	memcpy(at, detectors->numbers, sizeof(*detectors->numbers));
	int status = state_save(state, kept.name, kept.version, content, count, err);
	free(content);
	return status;
}

/* Is it of this shape? The first part is as long as its series are many. */
static bool fits(const struct detectors *detectors, const struct header *header, size_t count)
{
	struct header expected = header_of(detectors);
	uint64_t sum = sizeof(*header);

	expected.bytes[0] = header->bytes[0];
	for (unsigned i = 0; i < PARTS; i++) {
		if (header->bytes[i] > count) {
			return false;
		}
		sum += header->bytes[i];
	}
	return memcmp(header, &expected, sizeof(expected)) == 0 && sum == count;
}

static bool read_parts(struct detectors *detectors, const char *content, size_t count)
{
	struct header header;

	if (count < sizeof(header)) {
		return false;
	}
	memcpy(&header, content, sizeof(header));
	if (!fits(detectors, &header, count)) {
		return false;
	}
	const char *at = content + sizeof(header);
	bool is_good = detect_state_read(detectors->detect, at, header.bytes[0], NULL) == 0;
	at += header.bytes[0];
	is_good = is_good && novelty_state_read(detectors->novelty, at, header.bytes[1], NULL) == 0;
	at += header.bytes[1];
	is_good = is_good && beacons_state_read(detectors->beacons, at, header.bytes[2], NULL) == 0;
	at += header.bytes[2];
	if (is_good) {
		flow_notes_state_read(detectors->notes, at);
		memcpy(detectors->numbers, at + header.bytes[3], sizeof(*detectors->numbers));
	}
	return is_good;
}

int detectors_load(struct detectors *detectors, struct state *state, struct err *err)
{
	char *content;
	size_t count;
	int status = state_load_part(state, &kept, &content, &count, err);

	if (content && !read_parts(detectors, content, count)) {
		status = state_refuse_part(state, &kept, err);
	}
	free(content);
	return status;
}

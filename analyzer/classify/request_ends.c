#include "analyzer/classify/request_ends.h"

#include <string.h>
#include <strings.h>

enum part {
	PART_NOT_FOLLOWED,
	PART_NEXT, /* the next byte begins a request */
	PART_HEAD,
	PART_CONTENT,
	PART_CHUNK_SIZE,
	PART_CHUNK,
	PART_TRAILER
};

static struct request_end *place_of(struct request_ends *ends, uint32_t flow)
{
	return ends->places + flow % REQUEST_ENDS_PLACES;
}

static bool is_its_own(const struct request_ends *ends, uint32_t flow)
{
	return ends->flows[flow % REQUEST_ENDS_PLACES] == flow;
}

void request_ends_begin(struct request_ends *ends, uint32_t flow, uint32_t seq)
{
	ends->flows[flow % REQUEST_ENDS_PLACES] = flow;
	*place_of(ends, flow) =
		(struct request_end){ .next_seq = seq, .begun_seq = seq, .part = PART_NEXT };
}

void request_ends_forget(struct request_ends *ends, uint32_t flow)
{
	if (is_its_own(ends, flow)) {
		place_of(ends, flow)->part = PART_NOT_FOLLOWED;
	}
}

/* The value of a number in the line, saturated: what is longer than all that will come. */
static uint64_t read_number(const char *at, const char *end, unsigned base)
{
	uint64_t value = 0;

	while (at < end && (*at == ' ' || *at == '\t')) {
		at++;
	}
	for (; at < end; at++) {
		bool is_digit = *at >= '0' && *at <= '9';
		unsigned letter = (unsigned)(*at | 0x20) - 'a';
		unsigned digit = is_digit ? (unsigned)(*at - '0') : letter + 10;
		if ((!is_digit && letter > 5) || digit >= base) {
			break;
		}
		value = value < UINT64_MAX >> 5 ? value * base + digit : value;
	}
	return value;
}

static bool has_name(const struct request_end *end, const char *name, size_t length)
{
	return end->line_bytes >= length && strncasecmp(end->line, name, length) == 0;
}

static bool ends_with(const struct request_end *end, const char *word, size_t length)
{
	return end->line_bytes >= length &&
	       strncasecmp(end->line + end->line_bytes - length, word, length) == 0;
}

static void read_header(struct request_end *end)
{
	static const char length[] = "Content-Length:", coding[] = "Transfer-Encoding:";
	const char *line_end = end->line + end->line_bytes;

	if (has_name(end, length, sizeof(length) - 1)) {
		end->left = read_number(end->line + sizeof(length) - 1, line_end, 10);
	} else if (has_name(end, coding, sizeof(coding) - 1)) {
		end->is_chunked = ends_with(end, "chunked", 7); /* RFC 9112, 6.1 */
	}
}

static uint8_t behind_head(struct request_end *end)
{
	uint8_t part = end->is_chunked ? PART_CHUNK_SIZE : end->left > 0 ? PART_CONTENT : PART_NEXT;

	end->is_chunked = false;
	return part;
}

static void end_line(struct request_end *end)
{
	enum { LINE_END_BYTES = 2 };

	if (end->line_bytes > 0 && end->line[end->line_bytes - 1] == '\r') {
		end->line_bytes--;
	}
	if (end->part == PART_CHUNK_SIZE) {
		end->left = read_number(end->line, end->line + end->line_bytes, 16);
		end->part = end->left > 0 ? PART_CHUNK : PART_TRAILER;
		end->left += end->left > 0 ? LINE_END_BYTES : 0;
	} else if (end->line_bytes > 0 && end->part == PART_NEXT) {
		end->part = PART_HEAD;
		end->left = 0;
	} else if (end->line_bytes > 0 && end->part == PART_HEAD) {
		read_header(end);
	} else if (end->line_bytes == 0) {
		end->part = end->part == PART_HEAD ? behind_head(end) : PART_NEXT;
	}
	end->line_bytes = 0;
}

static void take_line(struct request_end *end, struct reader *in)
{
	const uint8_t *line_end = memchr(in->at, '\n', reader_left(in));
	size_t bytes = line_end ? (size_t)(line_end - in->at) : reader_left(in);
	size_t room = sizeof(end->line) - end->line_bytes, kept = bytes < room ? bytes : room;

	memcpy(end->line + end->line_bytes, in->at, kept);
	end->line_bytes += (uint8_t)kept;
	reader_skip(in, bytes + (line_end != NULL));
	if (line_end) {
		end_line(end);
	}
}

static bool is_counted(const struct request_end *end)
{
	return end->part == PART_CONTENT || end->part == PART_CHUNK;
}

static void pass(struct request_end *end, size_t bytes)
{
	end->left -= bytes;
	if (end->left == 0) {
		end->part = end->part == PART_CHUNK ? PART_CHUNK_SIZE : PART_NEXT;
	}
}

static void note_inside(struct request_ends *ends, const struct request_end *end, uint32_t offset)
{
	if (offset > 0 && end->part == PART_NEXT && end->line_bytes == 0 &&
		ends->inside_count < REQUEST_INSIDE_MOST) {
		ends->inside[ends->inside_count++] = offset;
	}
}

static void read_on(struct request_ends *ends, struct request_end *end, struct reader in)
{
	const uint8_t *start = in.at;

	while (reader_left(&in) > 0) {
		if (is_counted(end)) {
			size_t left = reader_left(&in);
			size_t bytes = left < end->left ? left : (size_t)end->left;
			reader_skip(&in, bytes);
			pass(end, bytes);
		} else {
			note_inside(ends, end, (uint32_t)(in.at - start));
			take_line(end, &in);
		}
	}
}

/* So many bytes are missing. Content that is counted is none the less over where it is. */
static void pass_over_gap(struct request_end *end, uint32_t bytes)
{
	if (is_counted(end) && bytes <= end->left) {
		pass(end, bytes);
		return;
	}
	end->gap_seq = end->next_seq;
	end->gap_bytes = bytes;
	end->part = PART_NEXT;
	end->line_bytes = 0;
	end->left = 0;
	end->is_chunked = false;
}

/* Does the segment come in place of what may have been a false beginning, or a false gap? */
static bool begins_again(const struct request_end *end, uint32_t seq)
{
	return (int32_t)(seq - end->next_seq) < 0 && seq == end->begun_seq && !end->is_acked;
}

static bool fills_gap(const struct request_end *end, uint32_t seq)
{
	return (int32_t)(seq - end->next_seq) < 0 && seq - end->gap_seq < end->gap_bytes;
}

static bool is_followed(const struct request_ends *ends, uint32_t flow)
{
	return is_its_own(ends, flow) &&
	       ends->places[flow % REQUEST_ENDS_PLACES].part != PART_NOT_FOLLOWED;
}

void request_ends_acknowledge(struct request_ends *ends, uint32_t flow, uint32_t acked_seq)
{
	struct request_end *end = place_of(ends, flow);

	if (is_its_own(ends, flow) && (int32_t)(acked_seq - end->begun_seq) > 0) {
		end->is_acked = true;
	}
}

int32_t request_ends_ahead(const struct request_ends *ends, uint32_t flow, uint32_t seq)
{
	const struct request_end *end = ends->places + flow % REQUEST_ENDS_PLACES;

	if (!is_followed(ends, flow)) {
		return 0;
	}
	int32_t ahead = (int32_t)(seq - end->next_seq);
	return ahead > 0 && is_counted(end) && (uint32_t)ahead <= end->left ? 0 : ahead;
}

enum request_place request_ends_take(
	struct request_ends *ends, uint32_t flow, uint32_t seq, struct reader in)
{
	struct request_end *end = place_of(ends, flow);

	ends->inside_count = 0;
	if (!is_followed(ends, flow)) {
		return REQUEST_NOT_FOLLOWED;
	}
	bool is_again = begins_again(end, seq);
	if (is_again || fills_gap(end, seq)) {
		request_ends_begin(ends, flow, seq);
	}
	int32_t ahead = (int32_t)(seq - end->next_seq);
	uint32_t bytes = (uint32_t)reader_left(&in), again = ahead < 0 ? 0U - (uint32_t)ahead : 0;
	if (again >= bytes) {
		return REQUEST_INSIDE;
	}
	if (ahead > 0) {
		pass_over_gap(end, (uint32_t)ahead);
	}
	bool is_head = again == 0 && (end->part == PART_NEXT || end->part == PART_HEAD);
	bool begins = is_head && end->part == PART_NEXT && end->line_bytes == 0;
	end->begun_seq = begins ? seq : end->begun_seq;
	end->is_acked &= !begins;
	end->next_seq = seq + bytes;
	reader_skip(&in, again);
	read_on(ends, end, in);
	for (unsigned i = 0; i < ends->inside_count; i++) {
		ends->inside[i] += again;
	}
	return begins && is_again ? REQUEST_BEGINS_AGAIN
	       : begins           ? REQUEST_MAY_BEGIN
	       : is_head          ? REQUEST_IN_HEAD
				  : REQUEST_INSIDE;
}

#include "analyzer/resolver/frame_stream.h"

enum { CONTROL_ACCEPT = 1, CONTROL_START, CONTROL_STOP, CONTROL_READY, CONTROL_FINISH };
enum { FIELD_CONTENT_TYPE = 1 };

static const char content_type[] = "protobuf:dnstap.Dnstap";
enum { CONTENT_TYPE_BYTES = sizeof(content_type) - 1 };

static enum frame_kind control_kind(uint32_t type)
{
	switch (type) {
	case CONTROL_READY:
		return FRAME_READY;
	case CONTROL_START:
		return FRAME_START;
	case CONTROL_STOP:
		return FRAME_STOP;
	default:
		return FRAME_OTHER;
	}
}

/* READY may offer several types; no type at all is any. */
static enum frame_kind read_control(struct reader control)
{
	enum frame_kind kind = control_kind(reader_u32(&control));
	bool is_named = false, is_ours = false;

	while (reader_ok(&control) && reader_left(&control) > 0) {
		uint32_t field = reader_u32(&control), bytes = reader_u32(&control);
		struct reader value = reader_sub(&control, bytes);
		if (field == FIELD_CONTENT_TYPE && reader_ok(&value)) {
			is_named = true;
			is_ours |= bytes == CONTENT_TYPE_BYTES &&
				   memcmp(value.at, content_type, CONTENT_TYPE_BYTES) == 0;
		}
	}
	if (!reader_ok(&control)) {
		return FRAME_MALFORMED;
	}
	return is_named && !is_ours ? FRAME_FOREIGN : kind;
}

enum frame_kind frame_stream_next(struct reader *in, struct reader *data)
{
	struct reader ahead = *in;
	uint32_t bytes = reader_u32(&ahead);
	bool is_control = bytes == 0;

	if (is_control) {
		bytes = reader_u32(&ahead);
	}
	if (!reader_ok(&ahead)) {
		return FRAME_NEEDS_MORE;
	}
	if (bytes > (is_control ? FRAME_CONTROL_BYTES_MAX : FRAME_BYTES_MAX) ||
		(is_control && bytes < sizeof(uint32_t))) {
		return FRAME_MALFORMED;
	}
	struct reader content = reader_sub(&ahead, bytes);
	if (!reader_ok(&ahead)) {
		return FRAME_NEEDS_MORE;
	}
	*in = ahead;
	*data = content;
	return is_control ? read_control(content) : FRAME_DATA;
}

static size_t put_u32(uint8_t *bytes, size_t at, uint32_t number)
{
	for (unsigned i = 0; i < 4; i++) {
		bytes[at + i] = (uint8_t)(number >> (24 - 8 * i));
	}
	return at + 4;
}

size_t frame_stream_accept(uint8_t bytes[FRAME_ANSWER_BYTES_MAX])
{
	size_t at = put_u32(bytes, 0, 0);

	at = put_u32(bytes, at, 3 * sizeof(uint32_t) + CONTENT_TYPE_BYTES);
	at = put_u32(bytes, at, CONTROL_ACCEPT);
	at = put_u32(bytes, at, FIELD_CONTENT_TYPE);
	at = put_u32(bytes, at, CONTENT_TYPE_BYTES);
	memcpy(bytes + at, content_type, CONTENT_TYPE_BYTES);
	return at + CONTENT_TYPE_BYTES;
}

size_t frame_stream_finish(uint8_t bytes[FRAME_ANSWER_BYTES_MAX])
{
	size_t at = put_u32(bytes, 0, 0);

	at = put_u32(bytes, at, sizeof(uint32_t));
	return put_u32(bytes, at, CONTROL_FINISH);
}

#include <stdlib.h>
#include <string.h>

#include "analyzer/resolver/dnstap.h"
#include "analyzer/resolver/frame_stream.h"
#include "analyzer/resolver/text_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static struct flow_source_batch batch;

static void read_frames(const uint8_t *bytes, size_t count)
{
	struct reader in = reader_over(bytes, count), data;
	enum frame_kind kind;

	while ((kind = frame_stream_next(&in, &data)) != FRAME_NEEDS_MORE &&
		kind != FRAME_MALFORMED && kind != FRAME_FOREIGN) {
		batch.name_count = 0;
		if (kind == FRAME_DATA) {
			dnstap_read(data, &batch);
		}
		for (unsigned i = 0; i < batch.name_count; i++) {
			if (batch.names[i].address_count > FLOW_NAME_ADDRESSES_MAX ||
				strlen(batch.names[i].name) >= FLOW_NAME_BYTES) {
				abort();
			}
		}
	}
}

static void read_lines(const struct text_log_format *format, const uint8_t *bytes, size_t count)
{
	const struct log_clock clock = { .changed_ns = UINT64_C(1774944900000000000) };
	void *state = calloc(1, format->state_bytes);
	char *text = malloc(count + 1), *rest = text;

	memcpy(text, bytes, count);
	text[count] = '\0';
	for (char *line; (line = strsep(&rest, "\n"));) {
		batch.name_count = 0;
		format->read(state, line, &clock, &batch);
		if (batch.name_count > LOG_NAMES_A_LINE) {
			abort();
		}
	}
	free(text);
	free(state);
}

/* The first byte chooses the format: dnstap's frames, or lines. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct text_log_format *const formats[] = { &text_log_unbound,
		&text_log_dnsmasq, &text_log_zeek };

	if (count == 0) {
		return 0;
	}
	if (bytes[0] % 4 == 0) {
		read_frames(bytes + 1, count - 1);
	} else {
		read_lines(formats[bytes[0] % 4 - 1], bytes + 1, count - 1);
	}
	return 0;
}

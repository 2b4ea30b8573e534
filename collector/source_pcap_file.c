/* Classic capture files that come as a stream: compressed, from standard input, or on a system
 * without mappings. */
#include "collector/source_ops.h"

#include <errno.h>
#include <stdlib.h>

#include "collector/frame_place.h"
#include "collector/pcap_format.h"

struct pcap_file {
	struct source base;
	struct stream *stream;
	struct pcap_format format;
	struct pcap_odd_times odd;
};

/* Reads on where nothing of the stream could be used; false at its end, or where it cannot go on.
 */
static bool read_on(struct pcap_file *file)
{
	const uint8_t *bytes = stream_bytes(file->stream);
	size_t needed, at_hand = stream_at_hand(file->stream);

	if (pcap_format_go_on(&file->format, bytes, at_hand)) {
		stream_skip(file->stream, PCAP_HEADER_BYTES);
		return true;
	}
	return pcap_format_stop(&file->format, bytes, at_hand, &needed) != PCAP_STOP_BAD &&
	       stream_fill(file->stream, needed) >= needed;
}

/* Of frames whose bytes are at hand. */
static void locate(const struct pcap_file *file, struct frame_batch *batch)
{
	const uint8_t *record = stream_bytes(file->stream) + file->format.record_header_bytes;

	for (unsigned i = 0; file->base.file_id && i < batch->count; i++) {
		batch->places[i] = frame_place(file->base.file_id,
			stream_offset(file->stream) + (uint64_t)(batch->frames[i].bytes - record));
	}
}

static int pcap_file_next(struct source *source, struct frame_batch *batch, struct err *err)
{
	struct pcap_file *file = (struct pcap_file *)source;
	size_t used;

	do {
		batch->count = pcap_format_walk(&file->format, stream_bytes(file->stream),
			stream_at_hand(file->stream), stream_offset(file->stream), batch->frames,
			PACKET_BATCH_MAX, &used, &file->odd);
		stream_drop_lost(file->stream, batch);
		if (batch->count > 0) {
			locate(file, batch);
			stream_skip(file->stream, used);
			return 0;
		}
	} while (used == 0 && read_on(file));
	int result = stream_failure(file->stream, err);
	size_t at_hand = stream_at_hand(file->stream);
	if (result == 0 && at_hand > 0) {
		result = pcap_format_explain(&file->format, stream_bytes(file->stream), at_hand,
			stream_offset(file->stream), err);
	}
	return result < 0 ? result : pcap_odd_times_explain(&file->format, &file->odd, err);
}

static void pcap_file_progress(struct source *source, struct source_stats *stats)
{
	struct pcap_file *file = (struct pcap_file *)source;

	stream_progress(file->stream, &stats->bytes_done, &stats->bytes_all);
}

static void pcap_file_destroy(struct source *source)
{
	struct pcap_file *file = (struct pcap_file *)source;

	stream_close(file->stream);
	free(file);
}

static const struct source_ops pcap_file_ops = {
	.next = pcap_file_next,
	.progress = pcap_file_progress,
	.destroy = pcap_file_destroy,
};

int source_pcap_file_open(
	struct source **source, const char *name, struct stream *stream, struct err *err)
{
	struct pcap_file *file = calloc(1, sizeof(*file));

	if (!file) {
		stream_close(stream);
		return err_set(err, ENOMEM, "%s: out of memory", name);
	}
	file->base.ops = &pcap_file_ops;
	file->stream = stream;
	int result = pcap_format_open(&file->format, name, stream, err);
	if (result < 0) {
		pcap_file_destroy(&file->base);
		return result;
	}
	*source = &file->base;
	return 0;
}

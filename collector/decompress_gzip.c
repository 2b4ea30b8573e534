/* gzip (RFC 1952) by zlib; the only file that includes zlib.h. */
#include "collector/decompress.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct gzip {
	struct decompressor base;
	z_stream stream;
	bool between; /* a member is over; another one may follow, or zeros to fill a tape's block,
			 or nothing */
};

enum { GZIP_ONLY_WINDOW_BITS = 15 + 16, MEMBER_START = 0x1f };

/* Behind a member: steps over zeros; what else is no member is told, not ignored. */
static int gzip_go_on(struct gzip *gzip, struct decompress_io *io, struct err *err)
{
	while (io->in_bytes > 0 && io->in[0] == 0) {
		io->in++;
		io->in_bytes--;
	}
	if (io->in_bytes == 0) {
		return 0;
	}
	if (io->in[0] != MEMBER_START) {
		return err_set(err, EBADMSG,
			"behind the end of the gzip data stands something else (it starts with "
			"%02x); what was before it is whole",
			io->in[0]);
	}
	gzip->between = false;
	inflateReset(&gzip->stream);
	return 0;
}

static int gzip_step(struct decompressor *base, struct decompress_io *io, struct err *err)
{
	struct gzip *gzip = (struct gzip *)base;
	z_stream *stream = &gzip->stream;

	if (gzip->between) {
		int status = gzip_go_on(gzip, io, err);
		if (status < 0 || gzip->between) {
			return status;
		}
	}
	stream->next_in = (z_const Bytef *)io->in;
	stream->avail_in = io->in_bytes < UINT_MAX ? (uInt)io->in_bytes : UINT_MAX;
	stream->next_out = io->out;
	stream->avail_out = io->out_bytes < UINT_MAX ? (uInt)io->out_bytes : UINT_MAX;
	int result = inflate(stream, Z_NO_FLUSH);
	gzip->between = result == Z_STREAM_END;
	base->at_boundary = gzip->between;
	io->in_bytes -= (size_t)(stream->next_in - io->in);
	io->out_bytes -= (size_t)(stream->next_out - io->out);
	io->in = stream->next_in;
	io->out = stream->next_out;
	if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) {
		return err_set(err, EBADMSG, "the gzip data is damaged (%s)",
			stream->msg ? stream->msg : zError(result));
	}
	return 0;
}

static void gzip_destroy(struct decompressor *base)
{
	struct gzip *gzip = (struct gzip *)base;

	inflateEnd(&gzip->stream);
	free(gzip);
}

struct decompressor *gzip_create(void)
{
	struct gzip *gzip = calloc(1, sizeof(*gzip));

	if (!gzip) {
		return NULL;
	}
	gzip->base = (struct decompressor){ "gzip", false, gzip_step, gzip_destroy };
	if (inflateInit2(&gzip->stream, GZIP_ONLY_WINDOW_BITS) != Z_OK) {
		free(gzip);
		return NULL;
	}
	return &gzip->base;
}

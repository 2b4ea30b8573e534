/* gzip (RFC 1952) by zlib; the only file that includes zlib.h. */
#include "collector/decompress.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct gzip {
	struct decompressor base;
	z_stream stream;
	bool trailing; /* a member is over and what follows is not another one: padding, ignored as
			  gzip(1) does */
};

enum { GZIP_ONLY_WINDOW_BITS = 15 + 16 };

static int gzip_member_over(struct gzip *gzip)
{
	gzip->base.at_boundary = true;
	if (gzip->stream.avail_in > 0 && gzip->stream.next_in[0] != 0x1f) {
		gzip->trailing = true;
		return Z_OK;
	}
	return inflateReset(&gzip->stream);
}

static int gzip_step(struct decompressor *base, struct decompress_io *io, struct err *err)
{
	struct gzip *gzip = (struct gzip *)base;
	z_stream *stream = &gzip->stream;

	if (gzip->trailing) {
		io->in_bytes = 0;
		return 0;
	}
	stream->next_in = (z_const Bytef *)io->in;
	stream->avail_in = io->in_bytes < UINT_MAX ? (uInt)io->in_bytes : UINT_MAX;
	stream->next_out = io->out;
	stream->avail_out = io->out_bytes < UINT_MAX ? (uInt)io->out_bytes : UINT_MAX;
	base->at_boundary = base->at_boundary && io->in_bytes == 0;
	int result = inflate(stream, Z_NO_FLUSH);
	if (result == Z_STREAM_END) {
		result = gzip_member_over(gzip);
	}
	io->in_bytes -= (size_t)(stream->next_in - io->in);
	io->out_bytes -= (size_t)(stream->next_out - io->out);
	io->in = stream->next_in;
	io->out = stream->next_out;
	if (result != Z_OK && result != Z_BUF_ERROR) {
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

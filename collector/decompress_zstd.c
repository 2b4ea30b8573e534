/* Zstandard (RFC 8878); the only file of the collector that includes zstd.h. */
#include "collector/decompress.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

struct zstd {
	struct decompressor base;
	ZSTD_DStream *stream;
	size_t wanted_bytes; /* to the end of the block: what the library asks for next */
};

static int zstd_step(struct decompressor *base, struct decompress_io *io, struct err *err)
{
	struct zstd *zstd = (struct zstd *)base;
	/* A block at a time: a call that meets damage gives nothing of what came before it. */
	size_t in_bytes = io->in_bytes < zstd->wanted_bytes ? io->in_bytes : zstd->wanted_bytes;
	ZSTD_inBuffer in = { io->in, in_bytes, 0 };
	ZSTD_outBuffer out = { io->out, io->out_bytes, 0 };
	size_t left = ZSTD_decompressStream(zstd->stream, &out, &in);

	io->in += in.pos;
	io->in_bytes -= in.pos;
	io->out += out.pos;
	io->out_bytes -= out.pos;
	if (ZSTD_isError(left)) {
		return err_set(
			err, EBADMSG, "the zstd data is damaged (%s)", ZSTD_getErrorName(left));
	}
	zstd->wanted_bytes = left > 0 ? left : 1;
	if (in.pos > 0 || out.pos > 0) {
		base->at_boundary = left == 0;
	}
	return 0;
}

static void zstd_destroy(struct decompressor *base)
{
	struct zstd *zstd = (struct zstd *)base;

	ZSTD_freeDStream(zstd->stream);
	free(zstd);
}

struct decompressor *zstd_create(void)
{
	struct zstd *zstd = calloc(1, sizeof(*zstd));

	if (!zstd) {
		return NULL;
	}
	zstd->base = (struct decompressor){ "zstd", false, zstd_step, zstd_destroy };
	zstd->stream = ZSTD_createDStream();
	zstd->wanted_bytes = 1;
	if (!zstd->stream) {
		free(zstd);
		return NULL;
	}
	return &zstd->base;
}

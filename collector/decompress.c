#include "collector/decompress.h"

#include <string.h>

static const struct {
	uint8_t magic[DECOMPRESS_MAGIC_BYTES];
	unsigned magic_bytes;
	struct decompressor *(*create)(void);
} formats[] = {
	{ { 0x1f, 0x8b }, 2, gzip_create },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, zstd_create },
};

struct decompressor *decompressor_for(const uint8_t magic[DECOMPRESS_MAGIC_BYTES], bool *known)
{
	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (memcmp(magic, formats[i].magic, formats[i].magic_bytes) == 0) {
			*known = true;
			return formats[i].create();
		}
	}
	*known = false;
	return NULL;
}

#include "analyzer/output/sink.h"

#include <string.h>

#include "analyzer/output/sinks.h"

const struct sink_ops *const sink_table[] = {
	&sink_ndjson,
	&sink_csv,
	&sink_cbor,
	&sink_archive,
	&sink_redis,
	&sink_null,
	NULL,
};

const struct sink_ops *sink_find(const char *name, const char *target)
{
	size_t length = target ? strlen(target) : 0;

	for (unsigned i = 0; sink_table[i]; i++) {
		const struct sink_ops *ops = sink_table[i];
		if (name && strcmp(name, ops->name) == 0) {
			return ops;
		}
	}
	for (unsigned i = 0; !name && sink_table[i]; i++) {
		const char *extension = sink_table[i]->extension;
		size_t extension_length = extension ? strlen(extension) : 0;
		if (extension && length > extension_length &&
			strcmp(target + length - extension_length, extension) == 0) {
			return sink_table[i];
		}
	}
	return NULL;
}

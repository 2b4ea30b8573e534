/* Any text as a filter; one that is taken is matched against a plain record. */
#include "analyzer/format/query.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	char *filter = malloc(count + 1);
	struct query *query;
	struct record record;
	struct record_labels labels;
	struct err err;
	unsigned column;

	if (!filter) {
		return 0;
	}
	memcpy(filter, bytes, count);
	filter[count] = '\0';
	if (query_parse(&query, filter, &column, &err) == 0) {
		struct field_view view = { &record, &labels, false, NULL };
		record_plain(&record, &labels);
		query_match(query, &view);
		query_free(query);
	}
	free(filter);
	return 0;
}

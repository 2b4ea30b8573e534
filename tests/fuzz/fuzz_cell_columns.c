/* Any bytes as a block of cells in columns; the first is how many they are. */
#include "analyzer/archive/cell_columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void merge(void *sums, const struct cell *cell)
{
	cell_sums_merge(sums, &cell->sums);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct cell_sums sums;

	cell_sums_init(&sums);
	if (count > 0) {
		for (unsigned form = ARCHIVE_FORM_COLUMNS; form <= ARCHIVE_FORM_KEYED; form++) {
			cell_columns_read(form, bytes + 1, count - 1, bytes[0], merge, &sums);
		}
	}
	return 0;
}

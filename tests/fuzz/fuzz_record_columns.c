/* Any bytes as a block of records in columns; the first is how many they are. Whatever is read must
 * be fit to be shown. */
#include "analyzer/archive/record_columns.h"

#include "analyzer/archive/columns.h"
#include "analyzer/format/fields.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void show(const struct record *record, const struct record_labels *labels)
{
	struct field_view view = { record, labels, true, NULL };
	struct text text;

	text_init_heap(&text);
	for (unsigned i = 0; i < field_count; i++) {
		struct field_value value;
		if (field_get(&field_table[i], &view, &value)) {
			field_put_text(&text, &field_table[i], &value);
		}
	}
	text_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct record_wanted whole;
	static struct record_columns *columns;
	static struct record records[COLUMN_BATCH_MAX];
	static struct record_labels labels[COLUMN_BATCH_MAX];
	struct record_place places[COLUMN_BATCH_MAX];
	uint32_t rows = count > 0 ? bytes[0] : 0;

	if (!columns) {
		columns = record_columns_create();
	}
	if (rows == 0 || !columns ||
		!record_columns_read(columns, bytes + 1, count - 1, rows, &whole)) {
		return 0;
	}
	for (uint32_t first = 0; first < rows; first += COLUMN_BATCH_MAX) {
		uint32_t batch = rows - first < COLUMN_BATCH_MAX ? rows - first : COLUMN_BATCH_MAX;
		for (uint32_t i = 0; i < batch; i++) {
			places[i] = (struct record_place){ i, &records[i], &labels[i] };
		}
		if (!record_columns_batch(columns, RECORD_WANTED, first, batch, places, batch)) {
			break;
		}
		show(&records[0], &labels[0]);
		show(&records[batch - 1], &labels[batch - 1]);
	}
	return 0;
}

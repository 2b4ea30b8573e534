#include "analyzer/detect/detect_state.h"

#include <errno.h>
#include <string.h>

/* The numbers, then the series. */
size_t detect_state_bytes(const struct detect *detect)
{
	return sizeof(detect->numbers) + detect->numbers.count * sizeof(*detect->series);
}

void detect_state_write(const struct detect *detect, void *bytes)
{
	memcpy(bytes, &detect->numbers, sizeof(detect->numbers));
	if (detect->numbers.count > 0) {
		memcpy((char *)bytes + sizeof(detect->numbers), detect->series,
			detect->numbers.count * sizeof(*detect->series));
	}
}

static int find_again(struct detect *detect, struct err *err)
{
	hash_table_clear(&detect->table);
	for (uint32_t i = 0; i < detect->numbers.count; i++) {
		if (!hash_table_put(&detect->table, detect->series[i].key, i)) {
			return err_set(
				err, ENOMEM, "no memory to watch %u series", detect->numbers.count);
		}
	}
	detect->place_known = false;
	return 0;
}

int detect_state_read(struct detect *detect, const void *bytes, size_t count, struct err *err)
{
	struct detect_numbers numbers;

	if (count < sizeof(numbers)) {
		return err_set(err, EINVAL, "a state of detectors that is cut short");
	}
	memcpy(&numbers, bytes, sizeof(numbers));
	if (numbers.count > detect->options.series_most ||
		count != sizeof(numbers) + numbers.count * sizeof(*detect->series)) {
		return err_set(err, EINVAL, "a state of %u series, expected at most %u",
			numbers.count, detect->options.series_most);
	}
	detect->numbers = numbers;
	memcpy(detect->series, (const char *)bytes + sizeof(numbers),
		numbers.count * sizeof(*detect->series));
	return find_again(detect, err);
}

#include "analyzer/detect/detect_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"

enum { STATE_VERSION = 1 };

/* The file: this, the numbers, the series, and a hash of all before it. */
struct header {
	char magic[8];
	uint32_t version, byte_order, numbers_bytes, series_bytes;
};

static struct header header_of(void)
{
	return (struct header){ .magic = "BFDETECT",
		.version = STATE_VERSION,
		.byte_order = 0x01020304,
		.numbers_bytes = sizeof(struct detect_numbers),
		.series_bytes = sizeof(struct detect_series) };
}

static uint64_t checksum(const char *bytes, size_t count)
{
	struct hash_key key = hash_key_fixed("detector state");
	return hash_bytes(&key, bytes, count);
}

int detect_save(const struct detect *detect, const char *path, struct err *err)
{
	struct header header = header_of();
	size_t series_bytes = detect->numbers.count * sizeof(*detect->series);
	size_t count = sizeof(header) + sizeof(detect->numbers) + series_bytes;
	char *bytes = malloc(count + sizeof(uint64_t)), *out = bytes;

	if (!bytes) {
		return err_set(err, ENOMEM, "%s: no memory to write the detectors' state", path);
	}
	memcpy(out, &header, sizeof(header));
	out += sizeof(header);
	memcpy(out, &detect->numbers, sizeof(detect->numbers));
	out += sizeof(detect->numbers);
	if (series_bytes) {
		memcpy(out, detect->series, series_bytes);
	}
	uint64_t sum = checksum(bytes, count);
	memcpy(bytes + count, &sum, sizeof(sum));
	int status = file_write_mode(path, bytes, count + sizeof(sum), 0600, err);
	free(bytes);
	return status;
}

/* Is it whole, ours and of this shape? Then the numbers are read. */
static int check(const struct detect *detect, const char *path, const char *bytes, size_t count,
	struct detect_numbers *numbers, struct err *err)
{
	struct header header = header_of();
	uint64_t sum;

	if (count < sizeof(header) + sizeof(*numbers) + sizeof(sum) ||
		memcmp(bytes, &header, sizeof(header)) != 0) {
		return err_set(err, EINVAL,
			"%s: no state of detectors of this version; remove it, and they learn anew",
			path);
	}
	count -= sizeof(sum);
	memcpy(&sum, bytes + count, sizeof(sum));
	if (sum != checksum(bytes, count)) {
		return err_set(err, EINVAL,
			"%s: the detectors' state is damaged; remove it, and they learn anew",
			path);
	}
	memcpy(numbers, bytes + sizeof(header), sizeof(*numbers));
	if (numbers->count > detect->options.series_most ||
		count != sizeof(header) + sizeof(*numbers) +
				 numbers->count * sizeof(*detect->series)) {
		return err_set(err, EINVAL, "%s: a state of %u series, expected at most %u", path,
			numbers->count, detect->options.series_most);
	}
	return 0;
}

int detect_load(struct detect *detect, const char *path, struct err *err)
{
	struct detect_numbers numbers;
	char *bytes;
	size_t count;
	int status = file_read(path, &bytes, &count, err);

	if (status < 0) {
		return status;
	}
	status = check(detect, path, bytes, count, &numbers, err);
	if (status == 0) {
		const struct budget *asked = &detect->numbers.budget;
		double series = asked->series, weekly = asked->weekly;
		detect->numbers = numbers;
		budget_change(&detect->numbers.budget, series, weekly);
		memcpy(detect->series, bytes + sizeof(struct header) + sizeof(numbers),
			numbers.count * sizeof(*detect->series));
		hash_table_clear(&detect->table);
		for (uint32_t i = 0; i < numbers.count && status == 0; i++) {
			if (!hash_table_put(&detect->table, detect->series[i].key, i)) {
				status = err_set(
					err, ENOMEM, "no memory to watch %u series", numbers.count);
			}
		}
		detect->place_known = false;
	}
	free(bytes);
	return status;
}

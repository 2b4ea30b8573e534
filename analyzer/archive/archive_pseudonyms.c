#include "analyzer/archive/archive_pseudonyms.h"

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_protection.h"

enum { RECORDS_MOST = 1 << 16 };

int archive_has_pseudonyms(const char *folder, bool *is_empty, struct err *err)
{
	const struct archive_options options = { .folder = folder };
	struct archive_protection protection;
	struct archive_reader *reader;
	struct archived *records;
	size_t count, seen = 0;
	int status = archive_protection_read(folder, &protection, err);
	bool has = false;

	if (status == 0 && protection.k > 0) {
		if (is_empty) {
			*is_empty = false;
		}
		return 1;
	}
	status = status < 0 ? status : archive_reader_open(&reader, &options, err);
	if (status < 0) {
		return status;
	}
	while (!has && seen < RECORDS_MOST && (count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count; i++) {
			has |= records[i].labels.device[0] != '\0';
		}
		seen += count;
	}
	archive_reader_close(reader);
	if (is_empty) {
		*is_empty = seen == 0;
	}
	return has;
}

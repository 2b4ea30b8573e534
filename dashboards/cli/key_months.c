#include "dashboards/cli/key_months.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void key_month_name(uint64_t time_ns, int months, char month[8])
{
	char date[11];

	clock_format_date(time_ns, date);
	unsigned number = (unsigned)(12 * atoi(date) + atoi(date + 5) - 1 + months);
	snprintf(month, 8, "%04u-%02u", number / 12 % 10000, number % 12 + 1);
}

static int add_months(
	struct pseudonyms **pseudonyms, const char *folder, uint64_t now_ns, struct err *err)
{
	static const int order[] = { 0, 1, -1 }; /* this one stands for all where no other does */
	int status = 0;

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]) && status == 0; i++) {
		uint8_t key[KEY_BYTES];
		char month[8];
		bool is_there;
		key_month_name(now_ns, order[i], month);
		status = key_read_month(KEY_PSEUDONYM, month, folder, key, &is_there, err);
		if (status == 0 && is_there && !*pseudonyms) {
			status = pseudonyms_create(pseudonyms, key, err);
		}
		if (status == 0 && is_there && !pseudonyms_add_month(*pseudonyms, month, key)) {
			status = err_set(err, ENOMEM, "pseudonyms: out of memory");
		}
		explicit_bzero(key, sizeof(key));
	}
	return status;
}

int key_months_open(
	struct pseudonyms **pseudonyms, const char *folder, uint64_t now_ns, struct err *err)
{
	uint8_t key[KEY_BYTES];
	struct err missing;
	bool is_there;
	int of_all = key_read(KEY_PSEUDONYM, folder, key, &is_there, &missing);
	int status = 0;

	*pseudonyms = NULL;
	if (is_there) {
		status = pseudonyms_create(pseudonyms, key, err);
	}
	explicit_bzero(key, sizeof(key));
	if (of_all < 0 && of_all != -ENOENT) {
		*err = missing;
		return of_all;
	}
	status = status < 0 ? status : add_months(pseudonyms, folder, now_ns, err);
	if (status == 0 && of_all < 0 && !*pseudonyms) {
		*err = missing;
		status = of_all;
	}
	return status;
}

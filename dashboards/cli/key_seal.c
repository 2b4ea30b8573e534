#include "dashboards/cli/key_seal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/record/sealed_key.h"
#include "dashboards/cli/flow_keys.h"
#include "dashboards/cli/key_months.h"

struct public_keys {
	uint8_t soc[PUBLIC_KEY_BYTES], officer[PUBLIC_KEY_BYTES], glass[PUBLIC_KEY_BYTES];
};

static int read_holders(
	const struct key_sealing *sealing, struct public_keys *keys, struct err *err)
{
	if (!sealing->soc || !sealing->officer) {
		return err_set(err, EINVAL,
			"seal: name both holders: --soc FILE and --officer FILE (.pub, made by "
			"\"borderflow keys holder NAME\")");
	}
	int status = public_key_read_file(sealing->soc, keys->soc, err);
	if (status == 0) {
		status = public_key_read_file(sealing->officer, keys->officer, err);
	}
	if (status == 0 && sealing->glass) {
		status = public_key_read_file(sealing->glass, keys->glass, err);
	}
	if (status == 0 && memcmp(keys->soc, keys->officer, PUBLIC_KEY_BYTES) == 0) {
		status = err_set(err, EINVAL, "%s and %s are one key: two holders need one each",
			sealing->soc, sealing->officer);
	}
	return status;
}

/* The sealed key is on the disk before the key is destroyed. */
static int seal_file(const struct key_sealing *sealing, const struct public_keys *keys,
	const char *name, const char *month, struct err *err)
{
	const struct sealed_key_holders holders = { keys->soc, keys->officer,
		sealing->glass ? keys->glass : NULL };
	struct sealed_key sealed;
	uint8_t key[KEY_BYTES];
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", sealing->folder, name) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%.200s: the name is too long", sealing->folder);
	}
	int status = key_read_file(path, key, err);
	if (status == 0) {
		status = sealed_key_make(&sealed, month, key, &holders, err);
	}
	explicit_bzero(key, sizeof(key));
	if (status == 0) {
		status = sealed_key_write(&sealed, sealing->folder, err);
	}
	if (status == 0) {
		status = sealed_key_destroy(path, err);
	}
	if (status == 0) {
		printf("%s  sealed to both holders, and destroyed\n", month);
	}
	return status;
}

/* "pseudonym.2026-10.key" */
static bool is_month_key(const char *name, char month[8])
{
	int end = 0;

	return sscanf(name, "pseudonym.%7[0-9-].key%n", month, &end) == 1 && end > 0 &&
	       name[end] == '\0' && strlen(month) == 7;
}

static int seal_over(const struct key_sealing *sealing, const struct public_keys *keys,
	const char *now, struct err *err)
{
	DIR *entries = opendir(sealing->folder);
	struct dirent *entry;
	char month[8];
	int status = 0;

	if (!entries) {
		return err_set(err, errno, "%s: cannot read the folder: %s", sealing->folder,
			strerror(errno));
	}
	while (status == 0 && (entry = readdir(entries))) {
		if (is_month_key(entry->d_name, month) && strcmp(month, now) < 0) {
			status = seal_file(sealing, keys, entry->d_name, month, err);
		}
	}
	closedir(entries);
	return status;
}

/* The key of all months is over once this month has one of its own. */
static int seal_first(const struct key_sealing *sealing, const struct public_keys *keys,
	const char *now, struct err *err)
{
	char path[PATH_MAX], of_month[PATH_MAX], before[8];

	snprintf(path, sizeof(path), "%s/pseudonym.key", sealing->folder);
	snprintf(of_month, sizeof(of_month), "%s/pseudonym.%s.key", sealing->folder, now);
	if (access(path, F_OK) < 0 || access(of_month, F_OK) < 0) {
		return 0;
	}
	key_month_name(sealing->now_ns, -1, before);
	return seal_file(sealing, keys, "pseudonym.key", before, err);
}

int key_seal_months(const struct key_sealing *sealing, struct err *err)
{
	struct public_keys keys;
	char now[8], next[8];
	bool made, made_flow = false;
	int status = read_holders(sealing, &keys, err);

	key_month_name(sealing->now_ns, 0, now);
	key_month_name(sealing->now_ns, 1, next);
	if (status == 0) {
		status = seal_over(sealing, &keys, now, err);
	}
	if (status == 0) {
		status = seal_first(sealing, &keys, now, err);
	}
	if (status == 0) {
		status = key_make_month(next, sealing->folder, &made, err);
	}
	if (status == 0) {
		status = flow_keys_rotate(sealing->folder, sealing->now_ns, &made_flow, err);
	}
	if (status == 0) {
		printf("%s  %s\n", next,
			made || made_flow
				? "its keys are made: restart the sensors before it begins"
				: "its keys were there already");
	}
	return status;
}

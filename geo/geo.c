#include "geo/geo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "geo/geo_parts.h"

#define INSTALLED_FOLDER "/var/lib/borderflow/geo"
#define INDEX_FILE       "compiled.geoindex"

/* Of a database, this much is read to tell whether it is the one that the index was made from:
 * blocks spread evenly, and the end, where the metadata with the build time stands. */
enum { FINGERPRINT_BLOCKS = 64, FINGERPRINT_BLOCK_BYTES = 1024, FINGERPRINT_TAIL_BYTES = 4096 };

/* Changes with what the compiler makes of the same files, so that an index of an older program is
 * not believed. */
#define COMPILER_VERSION "borderflow geo index 1"

static int join_path(char path[PATH_MAX], const char *folder, const char *file, struct err *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, file) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%s/%s: the name is too long", folder, file);
	}
	return 0;
}

static bool is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Finds the folder of the databases; NULL in geo->folder where none of the usual
 * places is there. */
static int choose_folder(struct geo *geo, const char *folder, struct err *err)
{
	const char *named = folder ? folder : getenv("BORDERFLOW_GEO");
	char path[PATH_MAX];

	if (named && (folder || named[0])) {
		if (!is_folder(named)) {
			return err_set(err, ENOENT,
				"%s: no such folder; expected one with geo databases (*.mmdb)%s",
				named, folder ? "" : ", as BORDERFLOW_GEO says");
		}
		geo->folder = strdup(named);
	} else if (file_find_data("var/geo", path, NULL) == 0 && is_folder(path)) {
		geo->folder = strdup(path);
	} else if (is_folder(INSTALLED_FOLDER) && access(INSTALLED_FOLDER, R_OK | X_OK) == 0) {
		geo->folder = strdup(INSTALLED_FOLDER);
	} else {
		return 0;
	}
	return geo->folder ? 0 : err_set(err, ENOMEM, "out of memory");
}

static int open_tables(struct geo *geo, struct err *err)
{
	char path[PATH_MAX];
	int status = 0;

	geo->overrides = overrides_create();
	if (!geo->overrides) {
		return err_set(err, ENOMEM, "out of memory");
	}
	if (file_find_data("geo/share/jurisdictions.tsv", path, NULL) == 0) {
		status = jurisdictions_open(&geo->jurisdictions, path, err);
	}
	if (status == 0 && file_find_data("geo/share/asn-owners.tsv", path, NULL) == 0) {
		status = owners_open(&geo->owners, path, err);
	}
	if (status == 0 && file_find_data("geo/share/overrides.tsv", path, NULL) == 0) {
		status = overrides_add_file(geo->overrides, path, err);
	}
	if (status == 0 && geo->folder) {
		status = join_path(path, geo->folder, "overrides.tsv", err);
		if (status == 0 && access(path, F_OK) == 0) {
			status = overrides_add_file(geo->overrides, path, err);
		}
	}
	geo->inputs.jurisdictions = geo->jurisdictions;
	geo->inputs.owners = geo->owners;
	geo->inputs.overrides = geo->overrides;
	return status;
}

/* By likelihood: who locates before who registers, newer before older, then by name. */
static int compare_databases(const void *a, const void *b)
{
	const struct geo_db_info *left = geo_db_info(*(struct geo_db *const *)a);
	const struct geo_db_info *right = geo_db_info(*(struct geo_db *const *)b);

	if (left->maker != right->maker) {
		return left->maker < right->maker ? -1 : 1;
	}
	if (left->built_ns != right->built_ns) {
		return left->built_ns > right->built_ns ? -1 : 1;
	}
	return strcmp(left->file, right->file);
}

static int add_database(struct geo *geo, const char *file, struct err *err)
{
	struct geo_inputs *inputs = &geo->inputs;
	char path[PATH_MAX];
	int status = join_path(path, geo->folder, file, err);

	if (status < 0) {
		return status;
	}
	if (inputs->database_count == GEO_DATABASES_MAX) {
		return err_set(err, E2BIG, "%s: more than %u databases; take away those not needed",
			geo->folder, GEO_DATABASES_MAX);
	}
	status = geo_db_open(&inputs->databases[inputs->database_count], path, err);
	inputs->database_count += status == 0;
	return status;
}

static int open_databases(struct geo *geo, struct err *err)
{
	DIR *folder = opendir(geo->folder);
	int status = 0;

	if (!folder) {
		return err_set(err, errno, "%s: %s", geo->folder, strerror(errno));
	}
	for (struct dirent *file; status == 0 && (file = readdir(folder));) {
		size_t length = strlen(file->d_name);
		if (length > 5 && strcmp(file->d_name + length - 5, ".mmdb") == 0) {
			status = add_database(geo, file->d_name, err);
		}
	}
	closedir(folder);
	if (geo->inputs.database_count > 0) {
		qsort(geo->inputs.databases, geo->inputs.database_count,
			sizeof(geo->inputs.databases[0]), compare_databases);
	}
	return status;
}

/* Mixes some bytes into the fingerprint. */
static void mix(uint64_t *fingerprint, const void *bytes, size_t count)
{
	const struct hash_key key = { { *fingerprint, count } };

	*fingerprint = hash_bytes(&key, bytes, count);
}

static int mix_database(uint64_t *fingerprint, const struct geo_db_info *info, struct err *err)
{
	char block[FINGERPRINT_TAIL_BYTES];
	struct stat status;
	int fd = file_open_regular(info->path);

	if (fd < 0 || fstat(fd, &status) < 0) {
		err_set(err, errno, "%s: %s", info->path, strerror(errno));
		if (fd >= 0) {
			close(fd);
		}
		return -EIO;
	}
	uint64_t size = (uint64_t)status.st_size;
	mix(fingerprint, info->file, strlen(info->file));
	mix(fingerprint, &size, sizeof(size));
	for (uint64_t i = 0; i <= FINGERPRINT_BLOCKS; i++) {
		bool is_tail = i == FINGERPRINT_BLOCKS;
		uint64_t at =
			is_tail ? size - FINGERPRINT_TAIL_BYTES : size / FINGERPRINT_BLOCKS * i;
		size_t bytes = is_tail ? FINGERPRINT_TAIL_BYTES : FINGERPRINT_BLOCK_BYTES;
		ssize_t count = pread(fd, block, bytes, size < bytes ? 0 : (off_t)at);
		mix(fingerprint, block, count > 0 ? (size_t)count : 0);
	}
	close(fd);
	return 0;
}

static int mix_file(uint64_t *fingerprint, const char *path, struct err *err)
{
	char *content;
	size_t length;

	if (path[0] == '\0') {
		mix(fingerprint, "", 0);
		return 0;
	}
	int status = file_read(path, &content, &length, err);
	if (status == 0) {
		mix(fingerprint, content, length);
		free(content);
	}
	return status;
}

/* Stands for everything that the index is made from, by content: files may be copied and keep their
 * index. */
static int find_fingerprint(const struct geo *geo, uint64_t *fingerprint, struct err *err)
{
	int status;

	*fingerprint = 0;
	mix(fingerprint, COMPILER_VERSION, strlen(COMPILER_VERSION));
	status = mix_file(fingerprint, jurisdictions_path(geo->jurisdictions), err);
	if (status == 0) {
		status = mix_file(fingerprint, owners_path(geo->owners), err);
	}
	for (unsigned i = 0; status == 0 && i < overrides_file_count(geo->overrides); i++) {
		status = mix_file(fingerprint, overrides_path(geo->overrides, i), err);
	}
	for (size_t i = 0; status == 0 && i < geo->inputs.database_count; i++) {
		status = mix_database(fingerprint, geo_db_info(geo->inputs.databases[i]), err);
	}
	return status;
}

/* Takes the stored index, or compiles one and stores it. A folder that cannot be written is no
 * failure: the next start compiles again, and geo_describe() says so. */
static int open_index(struct geo *geo, struct err *err)
{
	bool is_worth_storing = geo->inputs.database_count > 0;
	char path[PATH_MAX];
	uint64_t fingerprint;
	int status = find_fingerprint(geo, &fingerprint, err);

	if (status == 0 && is_worth_storing) {
		status = join_path(path, geo->folder, INDEX_FILE, err);
	}
	if (status < 0) {
		return status;
	}
	if (is_worth_storing && geo_index_load(&geo->index, path, fingerprint, NULL) == 0) {
		geo->index_was_stored = true;
		return 0;
	}
	status = geo_compile(&geo->index, &geo->inputs, fingerprint, err);
	if (status == 0 && is_worth_storing) {
		geo->index_was_stored = geo_index_save(&geo->index, path, NULL) == 0;
	}
	return status;
}

int geo_open(struct geo **opened, const char *folder, struct err *err)
{
	struct geo *geo = calloc(1, sizeof(*geo));

	*opened = NULL;
	if (!geo) {
		return err_set(err, ENOMEM, "out of memory");
	}
	int status = choose_folder(geo, folder, err);
	if (status == 0) {
		status = open_tables(geo, err);
	}
	if (status == 0 && geo->folder) {
		status = open_databases(geo, err);
	}
	if (status == 0) {
		status = open_index(geo, err);
	}
	if (status < 0) {
		geo_close(geo);
		return status;
	}
	*opened = geo;
	return 0;
}

void geo_close(struct geo *geo)
{
	if (!geo) {
		return;
	}
	geo_index_deinit(&geo->index);
	for (size_t i = 0; i < geo->inputs.database_count; i++) {
		geo_db_close(geo->inputs.databases[i]);
	}
	overrides_destroy(geo->overrides);
	owners_close(geo->owners);
	jurisdictions_close(geo->jurisdictions);
	free(geo->folder);
	free(geo);
}

const char *geo_folder(const struct geo *geo)
{
	return geo->folder;
}

size_t geo_database_count(const struct geo *geo)
{
	return geo->inputs.database_count;
}

const char *geo_database_file(const struct geo *geo, size_t database)
{
	return geo_db_info(geo->inputs.databases[database])->file;
}

uint64_t geo_database_built_ns(const struct geo *geo, size_t database)
{
	return geo_db_info(geo->inputs.databases[database])->built_ns;
}

bool geo_database_ask(
	const struct geo *geo, size_t database, const struct addr *addr, struct geo_answer *answer)
{
	struct addr carried = geo_carried_addr(addr);

	return geo_db_ask(geo->inputs.databases[database], &carried, answer);
}

const char *geo_override_note(const struct geo *geo, const struct addr *addr, const char **file)
{
	struct addr carried = geo_carried_addr(addr);
	const struct override *row = overrides_find(geo->overrides, &carried);

	*file = row ? row->path : "";
	return row ? row->note : NULL;
}

const char *geo_organization(const struct geo *geo, uint32_t organization)
{
	return organization < geo->index.names_bytes ? geo->index.names + organization : "";
}

const struct geo_owner *geo_owner(const struct geo *geo, uint16_t owner)
{
	const struct owner *row = owners_row(geo->owners, owner);

	return row ? &row->known : NULL;
}

bool geo_has_countries(const struct geo *geo)
{
	bool found = false;

	for (size_t i = 0; i < geo->inputs.database_count; i++) {
		found |= (geo_db_info(geo->inputs.databases[i])->kinds & GEO_DB_COUNTRIES) != 0;
	}
	return found;
}

const struct geo_country *geo_country(const struct geo *geo, const char *code)
{
	return jurisdictions_find(geo->jurisdictions, code);
}

void geo_each_country(const struct geo *geo, geo_tell_country *tell, void *context)
{
	for (char first = 'A'; first <= 'Z'; first++) {
		for (char second = 'A'; second <= 'Z'; second++) {
			const char code[] = { first, second, '\0' };
			const struct geo_country *country = geo_country(geo, code);
			if (country) {
				tell(context, country);
			}
		}
	}
}

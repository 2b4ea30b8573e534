#include "geo/geo_db.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "geo/country_code.h"

/* A tree may hold its IPv4 part several times (6to4, Teredo, mapped addresses); one that unfolds to
 * more than this many times its nodes has a cycle or was made to exhaust us. */
enum { WALK_UNFOLD_MAX = 16, WALK_STACK = 130, SAMPLE_RECORDS = 64 };

struct geo_db {
	MMDB_s mmdb;
	struct geo_db_info info;
	char *path;
};

static bool find_text(MMDB_entry_s *entry, MMDB_entry_data_s *data, const char *const *path)
{
	return MMDB_aget_value(entry, data, path) == MMDB_SUCCESS && data->has_data &&
	       data->type == MMDB_DATA_TYPE_UTF8_STRING;
}

#define PATH(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void read_country(MMDB_entry_s *entry, char code[3], const char *const *path)
{
	MMDB_entry_data_s data;

	if (code[0] == '\0' && find_text(entry, &data, path)) {
		country_code_read(code, data.utf8_string, data.data_size);
	}
}

/* "AS64496" or "64496"; 0 where it is neither. */
static uint32_t parse_asn(const char *text, size_t length)
{
	uint64_t asn = 0;

	if (length > 2 && (text[0] == 'A' || text[0] == 'a') &&
		(text[1] == 'S' || text[1] == 's')) {
		text += 2;
		length -= 2;
	}
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || asn > UINT32_MAX) {
			return 0;
		}
		asn = asn * 10 + (uint64_t)(text[i] - '0');
	}
	return asn <= UINT32_MAX ? (uint32_t)asn : 0;
}

static uint32_t read_asn(MMDB_entry_s *entry, const char *const *path)
{
	MMDB_entry_data_s data;

	if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data) {
		return 0;
	}
	switch (data.type) {
	case MMDB_DATA_TYPE_UINT16:
		return data.uint16;
	case MMDB_DATA_TYPE_UINT32:
		return data.uint32;
	case MMDB_DATA_TYPE_UINT64:
		return data.uint64 <= UINT32_MAX ? (uint32_t)data.uint64 : 0;
	case MMDB_DATA_TYPE_UTF8_STRING:
		return parse_asn(data.utf8_string, data.data_size);
	default:
		return 0;
	}
}

static void read_organization(
	MMDB_entry_s *entry, struct geo_answer *answer, const char *const *path)
{
	MMDB_entry_data_s data;

	if (answer->organization[0] == '\0' && find_text(entry, &data, path)) {
		size_t length = strnlen(data.utf8_string, data.data_size);
		if (length >= sizeof(answer->organization)) {
			length = sizeof(answer->organization) - 1;
		}
		memcpy(answer->organization, data.utf8_string, length);
		answer->organization[length] = '\0';
	}
}

static const char *const *const asn_paths[] = {
	PATH("autonomous_system_number"),
	PATH("asn"),
	PATH("traits", "autonomous_system_number"),
};
static const char *const *const organization_paths[] = {
	PATH("autonomous_system_organization"),
	PATH("as_name"),
	PATH("traits", "autonomous_system_organization"),
	PATH("name"),
};

static void read_network(MMDB_entry_s *entry, struct geo_answer *answer)
{
	for (size_t i = 0; answer->asn == 0 && i < sizeof(asn_paths) / sizeof(asn_paths[0]); i++) {
		answer->asn = read_asn(entry, asn_paths[i]);
	}
	for (size_t i = 0;
		answer->asn != 0 && i < sizeof(organization_paths) / sizeof(organization_paths[0]);
		i++) {
		read_organization(entry, answer, organization_paths[i]);
	}
	read_country(entry, answer->operator_country, PATH("operator_country"));
}

static void read_entry(MMDB_entry_s *entry, struct geo_answer *answer)
{
	*answer = (struct geo_answer){ 0 };
	read_country(entry, answer->country, PATH("country", "iso_code"));
	read_country(entry, answer->country, PATH("country_code"));
	read_country(entry, answer->country, PATH("country"));
	read_country(entry, answer->country, PATH("registered_country", "iso_code"));
	read_network(entry, answer);
}

void geo_db_read(const struct geo_db *db, uint32_t entry, struct geo_answer *answer)
{
	MMDB_entry_s at = { .mmdb = &db->mmdb, .offset = entry - 1 };

	if (entry == 0) {
		*answer = (struct geo_answer){ 0 };
		return;
	}
	read_entry(&at, answer);
}

bool geo_db_ask(const struct geo_db *db, const struct addr *addr, struct geo_answer *answer)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool is_v4 = addr_is_v4(addr);
	int status;

	*answer = (struct geo_answer){ 0 };
	memcpy(&v4.sin_addr, addr->bytes + 12, 4);
	memcpy(&v6.sin6_addr, addr->bytes, 16);
	MMDB_lookup_result_s result = MMDB_lookup_sockaddr(&db->mmdb,
		is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6, &status);
	if (status != MMDB_SUCCESS || !result.found_entry) {
		return false;
	}
	read_entry(&result.entry, answer);
	return true;
}

/* A record of the tree that waits to be visited. */
struct pending {
	unsigned __int128 start;
	uint64_t record;
	uint32_t entry;
	uint8_t type, depth;
};

struct walk {
	const MMDB_s *mmdb;
	struct pending stack[WALK_STACK];
	unsigned waiting;
	uint64_t visits_left;
	bool v4;
};

static void push(struct walk *walk, struct pending pending)
{
	walk->stack[walk->waiting++] = pending;
}

static unsigned family_bits(const struct walk *walk)
{
	return walk->v4 ? 32 : 128;
}

/* Where the family's tree begins. In an IPv6 tree the IPv4 addresses lie at ::/96; when nobody
 * split it that far, the start is a leaf for all of them. */
static struct pending tree_root(const struct walk *walk)
{
	const MMDB_s *mmdb = walk->mmdb;
	uint64_t record = 0, nodes = mmdb->metadata.node_count;

	if (walk->v4 && mmdb->metadata.ip_version == 6) {
		record = mmdb->ipv4_start_node.node_value;
	} else if (!walk->v4 && mmdb->metadata.ip_version == 4) {
		record = nodes;
	}
	if (record < nodes) {
		return (struct pending){ .record = record, .type = MMDB_RECORD_TYPE_SEARCH_NODE };
	}
	if (record < nodes + 16 || record - nodes - 16 >= mmdb->data_section_size) {
		return (struct pending){ .type = MMDB_RECORD_TYPE_EMPTY };
	}
	return (struct pending){ .type = MMDB_RECORD_TYPE_DATA,
		.entry = (uint32_t)(record - nodes - 16) };
}

/* Puts both children of a node on the stack, the right one below the left one. False where the tree
 * is damaged. */
static bool unfold(struct walk *walk, const struct pending *at)
{
	MMDB_search_node_s node;

	if (at->depth >= family_bits(walk) || walk->visits_left-- == 0 ||
		MMDB_read_node(walk->mmdb, (uint32_t)at->record, &node) != MMDB_SUCCESS) {
		return false;
	}
	uint8_t depth = at->depth + 1;
	unsigned __int128 half = (unsigned __int128)1 << (family_bits(walk) - depth);
	push(walk, (struct pending){ .start = at->start | half,
			   .record = node.right_record,
			   .entry = node.right_record_entry.offset,
			   .type = node.right_record_type,
			   .depth = depth });
	push(walk, (struct pending){ .start = at->start,
			   .record = node.left_record,
			   .entry = node.left_record_entry.offset,
			   .type = node.left_record_type,
			   .depth = depth });
	return true;
}

static bool is_v4_copy(const struct walk *walk, const struct pending *at)
{
	return !walk->v4 && at->depth > 0 && at->record == walk->mmdb->ipv4_start_node.node_value;
}

static int walk_tree(struct walk *walk, geo_db_visit *visit, void *context)
{
	push(walk, tree_root(walk));
	while (walk->waiting > 0) {
		struct pending at = walk->stack[--walk->waiting];
		uint32_t entry = at.type == MMDB_RECORD_TYPE_DATA ? at.entry + 1 : 0;
		if (at.type == MMDB_RECORD_TYPE_SEARCH_NODE && !is_v4_copy(walk, &at)) {
			if (!unfold(walk, &at)) {
				return -EINVAL;
			}
			continue;
		}
		if (at.type == MMDB_RECORD_TYPE_INVALID) {
			return -EINVAL;
		}
		int status = visit(context, at.start, entry);
		if (status != 0) {
			return status;
		}
	}
	return 0;
}

int geo_db_walk(
	const struct geo_db *db, bool v4, geo_db_visit *visit, void *context, struct err *err)
{
	struct walk walk = { .mmdb = &db->mmdb, .v4 = v4 };

	walk.visits_left = (uint64_t)db->mmdb.metadata.node_count * WALK_UNFOLD_MAX;
	int status = walk_tree(&walk, visit, context);
	if (status == -EINVAL) {
		return err_set(err, EINVAL,
			"%s: the search tree is damaged; fetch the file again or take it away",
			db->info.path);
	}
	return status;
}

struct sample {
	const struct geo_db *db;
	unsigned kinds, left;
};

/* Looks at the first records until both kinds were seen, or enough of them were. */
static int sample_record(void *context, unsigned __int128 start, uint32_t entry)
{
	struct sample *sample = context;
	struct geo_answer answer;

	(void)start;
	if (entry != 0) {
		geo_db_read(sample->db, entry, &answer);
		sample->kinds |= answer.country[0] ? GEO_DB_COUNTRIES : 0;
		sample->kinds |= answer.asn ? GEO_DB_NETWORKS : 0;
		sample->left--;
	}
	return sample->left == 0;
}

static int find_kinds(struct geo_db *db, struct err *err)
{
	struct sample sample = { .db = db, .left = SAMPLE_RECORDS };
	int status = geo_db_walk(db, true, sample_record, &sample, err);

	if (status >= 0) {
		sample.left = SAMPLE_RECORDS;
		status = geo_db_walk(db, false, sample_record, &sample, err);
	}
	if (status < 0) {
		return status;
	}
	if (sample.kinds == 0) {
		return err_set(err, EINVAL,
			"%s: a database of type \"%s\" whose records hold neither a country nor an "
			"AS number",
			db->info.path, db->info.type);
	}
	db->info.kinds = sample.kinds;
	return 0;
}

static enum geo_db_maker find_maker(const char *type)
{
	static const struct {
		const char *start;
		enum geo_db_maker maker;
	} makers[] = {
		{ "GeoLite2", GEO_DB_MAXMIND },
		{ "GeoIP2", GEO_DB_MAXMIND },
		{ "GeoIP-", GEO_DB_MAXMIND },
		{ "DBIP", GEO_DB_DBIP },
		{ "ipinfo", GEO_DB_IPINFO },
		{ "borderflow", GEO_DB_OURS },
		{ "country ", GEO_DB_IP_LOCATION },
		{ "asn ", GEO_DB_IP_LOCATION },
		{ "city ", GEO_DB_IP_LOCATION },
	};

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		if (strncmp(type, makers[i].start, strlen(makers[i].start)) == 0) {
			return makers[i].maker;
		}
	}
	return GEO_DB_OTHER;
}

static const char *find_description(const MMDB_metadata_s *metadata)
{
	for (size_t i = 0; i < metadata->description.count; i++) {
		if (strcmp(metadata->description.descriptions[i]->language, "en") == 0) {
			return metadata->description.descriptions[i]->description;
		}
	}
	return "";
}

static void describe(struct geo_db *db)
{
	const MMDB_metadata_s *metadata = &db->mmdb.metadata;
	const char *slash = strrchr(db->path, '/');

	db->info.path = db->path;
	db->info.file = slash ? slash + 1 : db->path;
	db->info.type = metadata->database_type ? metadata->database_type : "";
	db->info.description = find_description(metadata);
	db->info.maker = find_maker(db->info.type);
	db->info.built_ns = metadata->build_epoch < UINT64_MAX / NS_PER_S
				    ? metadata->build_epoch * NS_PER_S
				    : 0;
	db->info.node_count = metadata->node_count;
	db->info.has_v6 = metadata->ip_version == 6;
}

int geo_db_open(struct geo_db **opened, const char *path, struct err *err)
{
	struct geo_db *db = calloc(1, sizeof(*db));
	int status;

	*opened = NULL;
	if (!db || !(db->path = strdup(path))) {
		free(db);
		return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	int code = MMDB_open(path, MMDB_MODE_MMAP, &db->mmdb);
	if (code != MMDB_SUCCESS) {
		status = err_set(err, code == MMDB_FILE_OPEN_ERROR ? ENOENT : EINVAL,
			"%s: not a readable MMDB file (%s); fetch it again or take it away", path,
			MMDB_strerror(code));
		free(db->path);
		free(db);
		return status;
	}
	describe(db);
	status = find_kinds(db, err);
	if (status < 0) {
		geo_db_close(db);
		return status;
	}
	*opened = db;
	return 0;
}

void geo_db_close(struct geo_db *db)
{
	if (db) {
		MMDB_close(&db->mmdb);
		free(db->path);
		free(db);
	}
}

const struct geo_db_info *geo_db_info(const struct geo_db *db)
{
	return &db->info;
}

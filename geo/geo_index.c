#include "geo/geo_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define INDEX_MAGIC      "bfgeoix2"
#define INDEX_BYTE_ORDER UINT32_C(0x01020304)

enum { SECTION_ALIGN = 64, HUGE_PAGE_BYTES = 2 << 20 };

struct geo_index_header {
	char magic[8];
	uint32_t byte_order, place_bytes;
	uint64_t fingerprint, checksum, total_bytes;
	uint32_t v4_count, v6_count, page_count, place_count, names_bytes, reserved;
};

void geo_ranges_deinit(struct geo_ranges *ranges)
{
	free(ranges->starts);
	free(ranges->rows);
	*ranges = (struct geo_ranges){ 0 };
}

static int grow(struct geo_ranges *ranges)
{
	uint32_t capacity = ranges->capacity * 2 + 4096;

	unsigned __int128 *starts = realloc(ranges->starts, capacity * sizeof(*starts));
	if (!starts) {
		return -ENOMEM;
	}
	ranges->starts = starts;
	uint32_t *rows = realloc(ranges->rows, capacity * sizeof(*rows));
	if (!rows) {
		return -ENOMEM;
	}
	ranges->rows = rows;
	ranges->capacity = capacity;
	return 0;
}

int geo_ranges_add(struct geo_ranges *ranges, unsigned __int128 start, uint32_t row)
{
	if (ranges->count > 0 && ranges->rows[ranges->count - 1] == row) {
		return 0;
	}
	if (ranges->count == GEO_INDEX_RANGES_MAX) {
		return -E2BIG;
	}
	if (ranges->count == ranges->capacity && grow(ranges) < 0) {
		return -ENOMEM;
	}
	ranges->starts[ranges->count] = start;
	ranges->rows[ranges->count++] = row;
	return 0;
}

/* Where the next section of a block starts; steps over it. NULL where there is no block yet. */
static void *section(char *block, size_t *at, size_t bytes)
{
	char *start = block ? block + *at : NULL;

	*at += (bytes + SECTION_ALIGN - 1) / SECTION_ALIGN * SECTION_ALIGN;
	return start;
}

/* Points into a block by the counts of its header; returns the bytes that they add up to, also
 * without a block. */
static size_t lay_out(struct geo_index *index, const struct geo_index_header *header, void *block)
{
	size_t at = 0, parts = (size_t)header->page_count * (GEO_INDEX_PAGE + 1);
	size_t v4_count = header->v4_count, v6_count = header->v6_count;

	index->block = section(block, &at, sizeof(*header));
	index->v4_group = section(block, &at, (GEO_INDEX_GROUPS + 1) * sizeof(uint32_t));
	index->v4_low = section(block, &at, v4_count * sizeof(uint16_t));
	index->v4_row = section(block, &at, v4_count * sizeof(uint32_t));
	index->v6_group = section(block, &at, (GEO_INDEX_GROUPS + 1) * sizeof(uint32_t));
	index->v6_page = section(block, &at, GEO_INDEX_GROUPS * sizeof(uint32_t));
	index->v6_part = section(block, &at, parts * sizeof(uint32_t));
	index->v6_high = section(block, &at, v6_count * sizeof(uint64_t));
	index->v6_low = section(block, &at, v6_count * sizeof(uint64_t));
	index->v6_row = section(block, &at, v6_count * sizeof(uint32_t));
	index->places = section(block, &at, header->place_count * sizeof(struct geo_place));
	index->names = section(block, &at, header->names_bytes);
	index->v4_count = header->v4_count;
	index->v6_count = header->v6_count;
	index->page_count = header->page_count;
	index->place_count = header->place_count;
	index->names_bytes = header->names_bytes;
	return at;
}

/* Sums over the words of a block and over these sums, so that also what changed places is noticed;
 * side by side in lanes, at memory speed. They guard against accidents; whoever can write the file
 * can also write the databases. */
enum { CHECKSUM_LANES = 8 };

struct checksum {
	uint32_t sums[CHECKSUM_LANES], sums_of_sums[CHECKSUM_LANES];
};

static void add_words(struct checksum *checksum, const void *block, size_t bytes)
{
	const uint32_t *words = block;
	struct checksum added = *checksum;

	for (size_t i = 0; i + CHECKSUM_LANES <= bytes / sizeof(*words); i += CHECKSUM_LANES) {
		for (unsigned lane = 0; lane < CHECKSUM_LANES; lane++) {
			added.sums[lane] += words[i + lane];
			added.sums_of_sums[lane] += added.sums[lane];
		}
	}
	*checksum = added;
}

static uint64_t checksum_of(const struct geo_index_header *block)
{
	struct geo_index_header header = *block;
	struct checksum checksum = { { 0 }, { 0 } };
	uint64_t sum = 0;

	header.checksum = 0;
	add_words(&checksum, &header, sizeof(header));
	add_words(&checksum, block + 1, header.total_bytes - sizeof(header));
	for (unsigned lane = 0; lane < CHECKSUM_LANES; lane++) {
		uint64_t both = (uint64_t)checksum.sums_of_sums[lane] << 32 | checksum.sums[lane];
		sum = (sum ^ both) * UINT64_C(0x9e3779b97f4a7c15);
	}
	return sum;
}

_Static_assert(sizeof(struct geo_index_header) == SECTION_ALIGN,
	"the header fills one line, and every section a number of them");

/* A block for the index, on huge pages where the machine gives them: lookups then miss the TLB
 * less. */
static struct geo_index_header *take_block(size_t bytes)
{
	size_t rounded = (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
	void *block = aligned_alloc(HUGE_PAGE_BYTES, rounded);

	if (block) {
		(void)madvise(block, rounded, MADV_HUGEPAGE);
	}
	return block;
}

static uint32_t row_group(const struct geo_ranges *ranges, uint32_t i, unsigned shift)
{
	return (uint32_t)(ranges->starts[i] >> shift);
}

/* For every value of the bits above shift, from base on: the first border that is not below it. */
static void fill_firsts(const struct geo_ranges *ranges, uint32_t *firsts, uint32_t count,
	unsigned __int128 base, unsigned shift, uint32_t from)
{
	uint32_t at = from;

	for (uint32_t i = 0; i <= count; i++) {
		unsigned __int128 bound = base + ((unsigned __int128)i << shift);
		while (at < ranges->count && ranges->starts[at] < bound) {
			at++;
		}
		firsts[i] = at;
	}
}

static void fill_v4(const struct geo_index *index, const struct geo_ranges *v4)
{
	fill_firsts(v4, index->v4_group, GEO_INDEX_GROUPS, 0, 16, 0);
	memcpy(index->v4_row, v4->rows, v4->count * sizeof(*v4->rows));
	for (uint32_t i = 0; i < v4->count; i++) {
		index->v4_low[i] = (uint16_t)v4->starts[i];
	}
}

static uint32_t count_pages(const struct geo_ranges *v6)
{
	uint32_t pages = 0, in_group = 0;

	for (uint32_t i = 0; i < v6->count; i++) {
		bool same = i > 0 && row_group(v6, i, 112) == row_group(v6, i - 1, 112);
		in_group = same ? in_group + 1 : 1;
		pages += in_group == GEO_INDEX_PAGE_FROM;
	}
	return pages;
}

/* The last page's bound past the end of the address space wraps to 0 for group 65535; its part is
 * filled by hand. */
static void fill_page(
	const struct geo_ranges *v6, uint32_t *part, uint32_t group, uint32_t first, uint32_t last)
{
	unsigned __int128 base = (unsigned __int128)group << 112;

	fill_firsts(v6, part, GEO_INDEX_PAGE - 1, base, 100, first);
	part[GEO_INDEX_PAGE] = last;
}

static void fill_v6(const struct geo_index *index, const struct geo_ranges *v6)
{
	uint32_t *group = index->v6_group, *part = index->v6_part, pages = 0;

	fill_firsts(v6, group, GEO_INDEX_GROUPS - 1, 0, 112, 0);
	group[GEO_INDEX_GROUPS] = v6->count;
	for (uint32_t i = 0; i < GEO_INDEX_GROUPS; i++) {
		index->v6_page[i] = 0;
		if (group[i + 1] - group[i] >= GEO_INDEX_PAGE_FROM) {
			fill_page(v6, part, i, group[i], group[i + 1]);
			part += GEO_INDEX_PAGE + 1;
			index->v6_page[i] = ++pages;
		}
	}
	memcpy(index->v6_row, v6->rows, v6->count * sizeof(*v6->rows));
	for (uint32_t i = 0; i < v6->count; i++) {
		index->v6_high[i] = (uint64_t)(v6->starts[i] >> 64);
		index->v6_low[i] = (uint64_t)v6->starts[i];
	}
}

int geo_index_build(struct geo_index *index, const struct geo_ranges *v4,
	const struct geo_ranges *v6, const struct geo_place *places, uint32_t place_count,
	const char *names, uint32_t names_bytes, uint64_t fingerprint, struct err *err)
{
	struct geo_index_header header = { .magic = INDEX_MAGIC,
		.byte_order = INDEX_BYTE_ORDER,
		.place_bytes = sizeof(*places),
		.fingerprint = fingerprint,
		.v4_count = v4->count,
		.v6_count = v6->count,
		.page_count = count_pages(v6),
		.place_count = place_count,
		.names_bytes = names_bytes };

	*index = (struct geo_index){ 0 };
	header.total_bytes = lay_out(index, &header, NULL);
	struct geo_index_header *block = take_block(header.total_bytes);
	if (!block) {
		return err_set(err, ENOMEM, "out of memory for the index of the geo databases");
	}
	memset(block, 0, header.total_bytes);
	lay_out(index, &header, block);
	fill_v4(index, v4);
	fill_v6(index, v6);
	memcpy(index->places, places, place_count * sizeof(*places));
	memcpy(index->names, names, names_bytes);
	*block = header;
	block->checksum = checksum_of(block);
	return 0;
}

int geo_index_save(const struct geo_index *index, const char *path, struct err *err)
{
	return file_write(path, index->block, index->block->total_bytes, err);
}

static bool header_is_ours(const struct geo_index_header *header, uint64_t file_bytes)
{
	struct geo_index measured;

	return memcmp(header->magic, INDEX_MAGIC, sizeof(header->magic)) == 0 &&
	       header->byte_order == INDEX_BYTE_ORDER &&
	       header->place_bytes == sizeof(struct geo_place) &&
	       header->total_bytes == file_bytes && header->v4_count > 0 &&
	       header->v4_count <= GEO_INDEX_RANGES_MAX && header->v6_count > 0 &&
	       header->v6_count <= GEO_INDEX_RANGES_MAX && header->page_count <= GEO_INDEX_GROUPS &&
	       header->place_count > 0 && header->names_bytes > 0 &&
	       lay_out(&measured, header, NULL) == file_bytes;
}

/* No number above most, and none below the one before it where they must ascend. */
static bool are_bounded(const uint32_t *numbers, size_t count, uint32_t most, bool ascending)
{
	uint32_t bad = 0;

	for (size_t i = 0; i < count; i++) {
		bad |= numbers[i] > most;
	}
	for (size_t i = 1; ascending && i < count; i++) {
		bad |= numbers[i] < numbers[i - 1];
	}
	return bad == 0;
}

static bool places_are_sound(const struct geo_index *index)
{
	for (uint32_t i = 0; i < index->place_count; i++) {
		const struct geo_place *place = &index->places[i];
		if (place->country[2] || place->operator_country[2] ||
			place->zone >= GEO_ZONE_COUNT || place->role >= GEO_ROLE_COUNT ||
			place->organization >= index->names_bytes) {
			return false;
		}
	}
	return index->names[0] == '\0' && index->names[index->names_bytes - 1] == '\0';
}

/* Firsts lead to borders: they ascend, end inside, and leave a border before or in each part, so
 * that a search always finds one. */
static bool firsts_are_sound(const uint32_t *firsts, size_t count, uint32_t borders)
{
	return are_bounded(firsts, count, borders, true) && firsts[1] > 0;
}

/* What finding relies on: no number leads out of the block, and the first border of each family is
 * address 0. */
static bool is_consistent(const struct geo_index *index)
{
	bool sound = index->v4_low[0] == 0 && index->v6_high[0] == 0 && index->v6_low[0] == 0 &&
		     places_are_sound(index);

	sound &= firsts_are_sound(index->v4_group, GEO_INDEX_GROUPS + 1, index->v4_count);
	sound &= firsts_are_sound(index->v6_group, GEO_INDEX_GROUPS + 1, index->v6_count);
	for (size_t page = 0; page < index->page_count; page++) {
		sound &= firsts_are_sound(index->v6_part + page * (GEO_INDEX_PAGE + 1),
			GEO_INDEX_PAGE + 1, index->v6_count);
	}
	return sound && are_bounded(index->v6_page, GEO_INDEX_GROUPS, index->page_count, false) &&
	       are_bounded(index->v4_row, index->v4_count, index->place_count - 1, false) &&
	       are_bounded(index->v6_row, index->v6_count, index->place_count - 1, false);
}

static int map_block(struct geo_index *index, int fd, uint64_t fingerprint)
{
	struct geo_index_header header;
	struct stat status;

	if (fstat(fd, &status) < 0 || status.st_size < (off_t)sizeof(header) ||
		pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
		!header_is_ours(&header, (uint64_t)status.st_size)) {
		return -EINVAL;
	}
	if (header.fingerprint != fingerprint) {
		return -ESTALE;
	}
	void *mapped = mmap(NULL, header.total_bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (mapped == MAP_FAILED) {
		return -errno;
	}
	index->mapped_bytes = header.total_bytes;
	lay_out(index, &header, mapped);
	index->block = mapped;
	return memcmp(index->block, &header, sizeof(header)) == 0 &&
			       checksum_of(index->block) == header.checksum && is_consistent(index)
		       ? 0
		       : -EINVAL;
}

int geo_index_load(struct geo_index *index, const char *path, uint64_t fingerprint, struct err *err)
{
	*index = (struct geo_index){ 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	int status = map_block(index, fd, fingerprint);
	close(fd);
	if (status < 0) {
		geo_index_deinit(index);
		return err_set(err, -status, "%s: %s", path,
			status == -ESTALE ? "made from other databases or tables"
					  : "damaged or made by another version");
	}
	return 0;
}

void geo_index_deinit(struct geo_index *index)
{
	if (index->mapped_bytes > 0) {
		munmap(index->block, index->mapped_bytes);
	} else {
		free(index->block);
	}
	*index = (struct geo_index){ 0 };
}

size_t geo_index_bytes(const struct geo_index *index)
{
	return index->block ? index->block->total_bytes : 0;
}

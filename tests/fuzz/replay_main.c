/* Runs a fuzz target without a fuzzer: over every stored input, then over damaged copies of them.
 *
 * The inputs of fuzz_NAME are the files in tests/fuzz/corpus/NAME below $BORDERFLOW_DATA, and in
 * the folders given.
 *
 * The damage comes from a fixed seed and ends after a fixed number, so that a failure repeats.
 * Under the sanitizers of ./configure --enable-sanitizers this is the part of fuzzing that every
 * `make check` does; hours of it are `make fuzz`. */
#include <dirent.h>
#include <limits.h>

#include "tests/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* How many damaged copies are tried; a target whose single run is dear says a number of its own. */
extern const unsigned replay_runs __attribute__((weak));

enum { INPUT_MAX = 1 << 16, SEEDS_MAX = 512, RUNS = 40000 };

struct seed {
	uint8_t *bytes;
	size_t count;
};

static struct seed seeds[SEEDS_MAX];
static unsigned seed_count;

static void add_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(INPUT_MAX);

	if (!file || !bytes || seed_count == SEEDS_MAX) {
		free(bytes);
		if (file) {
			fclose(file);
		}
		return;
	}
	seeds[seed_count++] = (struct seed){ bytes, fread(bytes, 1, INPUT_MAX, file) };
	fclose(file);
}

static void add_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char name[PATH_MAX];
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.') {
			add_file(name);
		}
		free(entries[i]);
	}
	if (count >= 0) {
		free(entries);
	}
}

/* "…/fuzz_tls" has its inputs in corpus/tls. */
static void add_own_folder(const char *program)
{
	const char *root = getenv("BORDERFLOW_DATA"), *name = strstr(program, "fuzz_");
	char path[PATH_MAX];

	if (root && name) {
		snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", root,
			name + strlen("fuzz_"));
		add_folder(path);
	}
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Exact-size heap copies, so that the address sanitizer sees a read of one byte too far. */
static void run_copy(const uint8_t *bytes, size_t count)
{
	uint8_t *copy = malloc(count ? count : 1);

	memcpy(copy, bytes, count);
	LLVMFuzzerTestOneInput(copy, count);
	free(copy);
}

static void damage(uint8_t *bytes, size_t *count, uint64_t *state)
{
	for (uint64_t times = 1 + next_random(state) % 6; times > 0 && *count > 0; times--) {
		size_t at = next_random(state) % *count;
		switch (next_random(state) % 5) {
		case 0:
			bytes[at] ^= (uint8_t)(1 << next_random(state) % 8);
			break;
		case 1:
			bytes[at] = (uint8_t)next_random(state);
			break;
		case 2:
			bytes[at] = next_random(state) % 2 ? 0xff : 0;
			break;
		case 3:
			*count = at;
			break;
		default:
			memmove(bytes, bytes + at, *count - at);
			*count -= at;
			break;
		}
	}
}

int main(int argc, char **argv)
{
	static uint8_t bytes[INPUT_MAX];
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
	unsigned runs = &replay_runs ? replay_runs : RUNS;

	add_own_folder(strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0]);
	for (int i = 1; i < argc; i++) {
		add_folder(argv[i]);
	}
	for (unsigned i = 0; i < seed_count; i++) {
		run_copy(seeds[i].bytes, seeds[i].count);
	}
	ok(seed_count > 0, "%u stored inputs", seed_count);
	run_copy(bytes, 0);
	for (unsigned run = 0; run < runs; run++) {
		size_t count = next_random(&state) % 512;
		if (seed_count > 0 && next_random(&state) % 16 > 0) {
			const struct seed *seed = &seeds[next_random(&state) % seed_count];
			count = seed->count;
			memcpy(bytes, seed->bytes, count);
		} else {
			for (size_t i = 0; i < count; i++) {
				bytes[i] = (uint8_t)next_random(&state);
			}
		}
		damage(bytes, &count, &state);
		run_copy(bytes, count);
	}
	ok(true, "%u damaged inputs", runs);
	for (unsigned i = 0; i < seed_count; i++) {
		free(seeds[i].bytes);
	}
	return done_testing();
}

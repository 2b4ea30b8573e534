#include "tests/traffic/fixed_entropy.h"

#include <sys/random.h>
#include <time.h>

#include "tests/traffic/rng.h"

/* The one piece of mutable global state: the functions below have the signatures of libc's and no
 * other way in. */
static struct rng entropy;

/* 2026-03-01, inside the validity of the certificates that tls_session.c makes. */
enum { FIXED_TIME_S = 1772323200 };

void fixed_entropy_set(uint64_t seed)
{
	entropy.state = seed;
}

ssize_t getrandom(void *bytes, size_t count, unsigned flags)
{
	(void)flags;
	rng_fill(&entropy, bytes, count);
	return (ssize_t)count;
}

time_t time(time_t *out)
{
	if (out) {
		*out = FIXED_TIME_S;
	}
	return FIXED_TIME_S;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ .tv_sec = FIXED_TIME_S };
	return 0;
}

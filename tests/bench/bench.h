/* What benches share: a clock, medians, memory. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* CPU time of this thread: what other programs take from a shared machine is not in it. */
static inline double bench_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;
	return (difference > 0) - (difference < 0);
}

/* Sorts the values. */
static inline double bench_median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), bench_compare);
	return values[count / 2];
}

/* Resident memory of this process. */
static inline size_t bench_resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long all, resident = 0;

	if (file && fscanf(file, "%lu %lu", &all, &resident) != 2) {
		resident = 0;
	}
	if (file) {
		fclose(file);
	}
	return resident * 4096;
}

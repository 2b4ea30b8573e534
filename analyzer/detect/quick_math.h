/* Logarithm and exponential for detectors: single precision, no libc call, the same bits on every
 * machine that has IEEE 754 (a restored detector must raise the same alerts).
 *
 * Good to a few millionths. Threads: any. Cost: 2 to 4 ns. */
#pragma once

#include <stdint.h>
#include <string.h>

/* One instruction each; what is no number does not come here. */
static inline float quick_min(float one, float other)
{
	return one < other ? one : other;
}

static inline float quick_max(float one, float other)
{
	return one > other ? one : other;
}

/* Of x > 0. The mantissa is brought to 0.70 … 1.41, where the series of atanh ends quickly. */
static inline float quick_log(float x)
{
	int32_t bits, exponent;
	float mantissa;

	memcpy(&bits, &x, sizeof(bits));
	exponent = (bits - 0x3f3504f3) >> 23; /* 0x3f3504f3: the square root of a half */
	bits -= exponent * (1 << 23);
	memcpy(&mantissa, &bits, sizeof(mantissa));
	float s = (mantissa - 1) / (mantissa + 1), square = s * s;
	float series = 1 + square * (1 / 3.0f + square * (1 / 5.0f + square / 7.0f));
	return (float)exponent * 0.69314718f + 2 * s * series;
}

/* Of any x; what would overflow or vanish stays just inside the range. */
static inline float quick_exp(float x)
{
	x = x > 87 ? 87 : x < -87 ? -87 : x;
	float power = x * 1.44269504f;
	int32_t whole = (int32_t)(power + (power < 0 ? -0.5f : 0.5f)), bits;
	float part = (power - (float)whole) * 0.69314718f, scale; /* |part| <= 0.35 */
	float series =
		1 +
		part * (1 + part * (0.5f + part * (1 / 6.0f + part * (1 / 24.0f + part / 120.0f))));

	bits = (whole + 127) * (1 << 23);
	memcpy(&scale, &bits, sizeof(scale));
	return series * scale;
}

/* Numbers into bytes, network order. The writers' counterpart of base/reader.h; the caller owns
 * enough room. */
#pragma once

#include <stdint.h>

static inline void put_u16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put_u32(uint8_t *at, uint32_t value)
{
	put_u16(at, value >> 16);
	put_u16(at + 2, value & 0xffff);
}

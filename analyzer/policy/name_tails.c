#include "analyzer/policy/name_tails.h"

void name_tails_add(struct name_tails *tails, const char *name, size_t length)
{
	bool is_long = length >= 2 * NAME_TAIL;

	if (length < NAME_TAIL) {
		tails->may_be_any = true;
		return;
	}
	uint32_t bit = name_tail_bit(name + length, is_long);
	uint64_t *words = is_long ? tails->of_long : tails->of_short;
	words[bit / 64] |= UINT64_C(1) << bit % 64;
	tails->has_long |= is_long;
	tails->has_short |= !is_long;
}

#include "base/number_set.h"

#include <stdlib.h>

bool number_set_init(struct number_set *set, uint32_t size)
{
	set->word_count = size / 64 + 1;
	set->words = calloc(set->word_count, sizeof(*set->words));
	return set->words != NULL;
}

void number_set_deinit(struct number_set *set)
{
	free(set->words);
	set->words = NULL;
}

void number_set_add(struct number_set *set, uint32_t number)
{
	if (set->words) {
		set->words[number / 64] |= UINT64_C(1) << number % 64;
	}
}

void number_set_narrow(struct number_set *set, struct number_set *by)
{
	if (!set->words) {
		*set = *by;
		return;
	}
	for (uint32_t i = 0; by->words && i < set->word_count; i++) {
		set->words[i] &= i < by->word_count ? by->words[i] : 0;
	}
	free(by->words);
}

void number_set_widen(struct number_set *set, struct number_set *by)
{
	if (!set->words) {
		*set = *by;
		return;
	}
	for (uint32_t i = 0; by->words && i < set->word_count && i < by->word_count; i++) {
		set->words[i] |= by->words[i];
	}
	free(by->words);
}

bool number_set_has_all(const struct number_set *outer, const struct number_set *inner)
{
	if (!outer->words || !inner->words) {
		return !outer->words;
	}
	for (uint32_t i = 0; i < inner->word_count; i++) {
		if (inner->words[i] & ~(i < outer->word_count ? outer->words[i] : 0)) {
			return false;
		}
	}
	return true;
}

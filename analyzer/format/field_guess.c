#include "analyzer/format/field_guess.h"

#include <stdio.h>

#include "analyzer/format/fields.h"
#include "analyzer/policy/policy_words.h"

const char *field_guess(const char *name, size_t length, char sentence[FIELD_GUESS_BYTES])
{
	char word[65], near[96];

	snprintf(word, sizeof(word), "%.*s", (int)(length < 64 ? length : 64), name);
	struct policy_guess guess = policy_guess(word);
	for (unsigned i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		if (field->forms & FIELD_CONSTANT) {
			continue;
		}
		policy_guess_try(&guess, field->path);
		if (field->alias) {
			policy_guess_try(&guess, field->alias);
		}
	}
	snprintf(sentence, FIELD_GUESS_BYTES,
		"there is no field \"%s\"%s; --fields lists them with their short names", word,
		policy_guess_text(&guess, near));
	return sentence;
}

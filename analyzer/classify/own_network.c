#include "analyzer/classify/own_network.h"

#include <ctype.h>

#include "analyzer/record/l7_info.h"

enum { NAME_BYTES = L7_INFO_NAME_MAX + 1 };

/* False where it is no name. */
static bool read_text(struct reader text, char name[NAME_BYTES])
{
	size_t length = reader_left(&text);

	if (length > 0 && text.at[length - 1] == '\0') {
		length--;
	}
	if (length > 0 && text.at[length - 1] == '.') {
		length--;
	}
	if (length == 0 || length > L7_INFO_NAME_MAX) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (text.at[i] <= ' ' || text.at[i] > '~') {
			return false;
		}
		name[i] = (char)tolower(text.at[i]);
	}
	name[length] = '\0';
	return true;
}

void own_network_learn(const struct own_network *own, struct reader text)
{
	char name[NAME_BYTES];

	if (read_text(text, name)) {
		own->learn(own->whose, name);
	}
}

void own_network_learn_host(const struct own_network *own, struct reader text)
{
	char name[NAME_BYTES];

	if (read_text(text, name)) {
		own->learn_host(own->whose, name);
	}
}

void own_network_learn_machine(const struct own_network *own, struct reader text)
{
	char name[NAME_BYTES];

	if (read_text(text, name)) {
		own_network_note_machine(own, name);
	}
}

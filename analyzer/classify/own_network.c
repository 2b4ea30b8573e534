#include "analyzer/classify/own_network.h"

#include <ctype.h>

#include "analyzer/record/l7_info.h"

void own_network_learn(const struct own_network *own, struct reader text)
{
	char name[L7_INFO_NAME_MAX + 1];
	size_t length = reader_left(&text);

	if (length > 0 && text.at[length - 1] == '\0') {
		length--;
	}
	if (length > 0 && text.at[length - 1] == '.') {
		length--;
	}
	if (length == 0 || length > L7_INFO_NAME_MAX) {
		return;
	}
	for (size_t i = 0; i < length; i++) {
		if (text.at[i] <= ' ' || text.at[i] > '~') {
			return;
		}
		name[i] = (char)tolower(text.at[i]);
	}
	name[length] = '\0';
	own->learn(own->whose, name);
}

/* Parts of policy_check_more(): each adds its doubts to the reader's problems. Inside of
 * policy_check*.c. */
#pragma once

#include "analyzer/policy/policy_model.h"

/* Names in rules that are many others' as well. */
void policy_check_names(struct policy_reader *reader);

/* Units and classes where nobody can be. */
void policy_check_places(struct policy_reader *reader, bool has_own_networks);

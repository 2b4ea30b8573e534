#include "collector/simd/kernels.h"

#include <stddef.h>
#include <string.h>

/* Best first. AES in plain C stands last: it is the oracle of the AES variants and far too slow to
 * be chosen. */
static const struct kernels *const variants[] = {
#if defined(__x86_64__)
	&kernels_aesni,
#elif defined(__aarch64__)
	&kernels_neon,
#endif
	&kernels_scalar,
	&kernels_aes_scalar,
};

const struct kernels *kernels_at(unsigned index)
{
	return index < sizeof(variants) / sizeof(variants[0]) ? variants[index] : NULL;
}

const struct kernels *kernels_find(const char *name)
{
	const struct kernels *kernels;

	for (unsigned i = 0; (kernels = kernels_at(i)) != NULL; i++) {
		if ((!name || strcmp(name, kernels->name) == 0) && kernels->is_supported()) {
			return kernels;
		}
	}
	return NULL;
}

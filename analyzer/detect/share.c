#include "analyzer/detect/share.h"

#include <math.h>

enum { LEARN_HOURS = 7 * 24, BYTES_LEAST = 1000000, HIGH_HOURS = 2 };

static const float rate = 0.01f;

bool share_hour(struct share *share, uint64_t bytes, uint64_t unnamed_bytes, float *usual)
{
	share->bytes += rate * ((float)bytes - share->bytes);
	if (bytes < BYTES_LEAST || (float)bytes < share->bytes || unnamed_bytes > bytes) {
		return false;
	}
	float now = (float)((double)unnamed_bytes / (double)bytes), off = now - share->usual;
	float high = fmaxf(SHARE_JUMP, 4 * sqrtf(share->variance));
	if (usual) {
		*usual = share->usual;
	}
	if (share->hours >= LEARN_HOURS && off >= high) {
		if (++share->high_hours == HIGH_HOURS) {
			share->usual = now;
			share->high_hours = 0;
			return true;
		}
		return false;
	}
	share->high_hours = 0;
	float early = fmaxf(rate, 1.0f / (float)(share->hours + 1));
	share->usual += early * off;
	share->variance += early * (off * off - share->variance);
	share->hours++;
	return false;
}

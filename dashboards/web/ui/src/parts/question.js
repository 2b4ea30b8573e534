// The question of an address, as the API takes it: its time, its filters, and what leaves our networks unless it says a zone.
import { asked, stepOf } from '../core/period.js';
import { DIMENSIONS, filters, href } from '../core/place.js';
import { session } from '../core/session.js';
import { useApi } from '../core/use_api.js';
import { isZone } from '../charts/zones.js';

export function question(query, more = {}) {
	const wanted = { ...asked(query) };
	for (const by of DIMENSIONS) {
		wanted[by] = query.getAll(by);
	}
	wanted.text = query.get('text');
	return { ...wanted, ...more };
}

const canFilter = () => session.get()?.source?.kind !== 'socket';

// Of what leaves: traffic inside our own networks is left out, where the source can do so.
export function leaving(query, more = {}) {
	const wanted = question(query, more);
	if (wanted.zone.length === 0 && canFilter()) {
		wanted.zone = ['!internal'];
	}
	return wanted;
}

// The same in Explore, which leaves nothing out by itself: where a figure leads, that figure stands.
export const exploreLeaving = (query, changes = {}) => href('/explore', { ...(query.has('zone') || !canFilter() ? {} : { zone: '!internal' }), ...changes }, query);

// Of that what goes outside the EU/EEA by a dimension (zone or control); null where the address filters by it.
export function outside(query, by) {
	return filters(query).some((filter) => filter.by === by) || !canFilter() ? null : leaving(query, { [by]: ['outside-eea'] });
}

// The step of a chart, as the API takes it.
export function stepName(query, points) {
	const step = stepOf(asked(query), points);
	return step === 86400 ? 'day' : step;
}

// What is usual reads earlier weeks: it is asked for once, and when the figures themselves are there.
export const useUsual = (query, isTime) => useApi(isTime ? '/usual' : null, leaving(query, { step: stepName(query) }), { on: ['figures'] });

export const asLayers = (answer, order) =>
	[...answer.rows].filter((row) => isZone(row.values[0])).sort((a, b) => order.indexOf(a.values[0]) - order.indexOf(b.values[0]));

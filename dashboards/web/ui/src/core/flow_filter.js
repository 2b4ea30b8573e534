// The filters of an address in the language of `borderflow flows`, which asks single flows; null where they cannot be said in
// it: whatever hides a name, and texts in names of groups.
import { DIMENSIONS } from './place.js';

const FIELDS = {
	app: 'app', unit: 'unit', class: 'class', server: 'country', parent: 'parent', zone: 'zone', control: 'control', rule: 'rule',
	action: 'action', verdict: 'verdict', exception: 'exception', block: 'block', direction: 'direction', via: 'via', protocol: 'protocol',
};

// An app of a table is one that something names; what behaviour alone tells stands under "inferred". A record of our own
// networks says so by its zone and has no country.
function test(by, value) {
	if (by === 'inferred') {
		return `(inferred and app == "${value}")`;
	}
	const same = `${FIELDS[by]} == "${value}"`;
	if (by === 'app') {
		return value === 'unknown' ? `(${same} or inferred)` : `(${same} and not inferred)`;
	}
	if (by === 'server' && value === 'internal') {
		return 'zone == "internal"';
	}
	if (by === 'server' && value === 'unknown') {
		return `(not zone == "internal" and (not country or ${same}))`;
	}
	return ['unknown', 'none'].includes(value) ? `(not ${FIELDS[by]} or ${same})` : same;
}

export function flowFilter(query) {
	const tests = [];
	for (const by of DIMENSIONS) {
		const values = query.getAll(by);
		if (values.length === 0) {
			continue;
		}
		if ((by !== 'inferred' && FIELDS[by] === undefined) || values.some((value) => /["\\]/.test(value))) {
			return null;
		}
		const wanted = values.filter((value) => value[0] !== '!').map((value) => test(by, value));
		const others = values.filter((value) => value[0] === '!').map((value) => `not ${test(by, value.slice(1))}`);
		tests.push(...(wanted.length > 0 ? [`(${wanted.join(' or ')})`] : []), ...others);
	}
	return query.get('text') ? null : tests.join(' and ');
}

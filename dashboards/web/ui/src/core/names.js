// Shown names of values, as answers in the reader's language brought them: a filter in an address has an id alone. Bounded:
// the oldest give way.
import { store } from './store.js';
import { country, language, word } from './messages.js';

const MOST = 2000;
const OUTSIDE = 'outside-eea'; // what filters of zones say for all outside
let learnt = 0;
const names = new Map();
export const named = store(0); // how often a name was learnt
// Dimensions whose values are words of the product, and which of its vocabularies they are.
const WORDS = {
	zone: 'zone', control: 'zone', verdict: 'verdict', action: 'action', block: 'block', hidden: 'unnamed', direction: 'direction',
	via: 'via', inferred: 'inferred',
};

export function remember(by, value, name) {
	const key = `${by} ${value}`;
	if (name && name !== value && names.get(key) !== name) {
		names.delete(key);
		names.set(key, name);
		learnt++;
		if (names.size > MOST) {
			names.delete(names.keys().next().value);
		}
	}
}

export function rememberRows(answer, dimensions) {
	const before = learnt;
	answer?.rows?.forEach((row) => dimensions.forEach((by, i) => remember(by, row.values[i], row.names?.[i])));
	if (learnt !== before) {
		queueMicrotask(() => named.set(learnt));
	}
}

language.follow(() => names.clear());

export const isNamed = (by, value) => value === 'unknown' || names.has(`${by} ${value}`);

export function nameOf(by, value) {
	const known = names.get(`${by} ${value}`);
	if (known) {
		return known;
	}
	if (value === OUTSIDE || (['unknown', 'none', 'other'].includes(value) && !WORDS[by])) {
		return word('web.value', value);
	}
	if (by === 'server' || by === 'parent') {
		return country(value);
	}
	return WORDS[by] ? word(WORDS[by], value) : value;
}

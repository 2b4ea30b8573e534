// Shown names of values, as answers brought them: a filter in an address has an id alone. Bounded: the oldest give way.
import { word } from './messages.js';

const MOST = 2000;
const names = new Map();
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
		if (names.size > MOST) {
			names.delete(names.keys().next().value);
		}
	}
}

export function rememberRows(answer, dimensions) {
	answer?.rows?.forEach((row) => dimensions.forEach((by, i) => remember(by, row.values[i], row.names?.[i])));
	return answer;
}

export function nameOf(by, value) {
	const known = names.get(`${by} ${value}`);
	if (known) {
		return known;
	}
	if (value === 'unknown') {
		return word('web.value', 'unknown');
	}
	return WORDS[by] ? word(WORDS[by], value) : value;
}

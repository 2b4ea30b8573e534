// Numbers and times as the reader's language writes them, times on the wall of the organisation's zone. Sizes are decimal.
import { language, t } from './messages.js';
import { session } from './session.js';

const made = new Map();

// A formatter a language, zone and form; there are few.
function formatter(kind, name, options) {
	const zone = session.get()?.timezone ?? 'UTC';
	const key = `${kind} ${name} ${language.get()} ${zone}`;
	if (!made.has(key)) {
		const all = kind === 'time' ? { ...options, timeZone: zone } : options;
		const locale = { nn: 'nb', en: 'en-GB' }[language.get()] ?? language.get();
		made.set(key, kind === 'time' ? new Intl.DateTimeFormat(locale, all) : new Intl.NumberFormat(locale, all));
	}
	return made.get(key);
}

const number = (value, digits) =>
	formatter('number', `n${digits}`, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);

export const count = (value) => number(value, 0);
export const tenths = (value) => number(value, 1);

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

// "12.4 MB": three figures at most.
export function size(bytes) {
	let unit = 0;
	let value = bytes;
	while (value >= 999.5 && unit < UNITS.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${number(value, unit === 0 || value >= 99.95 ? 0 : 1)}\u00a0${UNITS[unit]}`;
}

// What went one way, as far as the sensor saw that way at all.
const oneWay = (bytes, known) => ({ unknown: t('value_unknown'), at_least: `\u2265\u00a0${size(bytes)}` })[known] ?? size(bytes);
export const sent = (figures) => oneWay(figures.bytes_up, figures.bytes_up_count);
export const received = (figures) => oneWay(figures.bytes_down, figures.bytes_down_count);
export function bothWays({ bytes_up: up, bytes_down: down, bytes_up_count: knownUp, bytes_down_count: knownDown }) {
	const all = knownUp === knownDown ? knownUp : 'at_least';
	return oneWay(up + down, all);
}

// "37 %"; what is little is "< 1 %", not nothing.
export function percent(part, whole) {
	const share = whole > 0 ? (100 * part) / whole : 0;
	return share > 0 && share < 1 ? '<\u00a01\u00a0%' : share > 99 && share < 100 ? '>\u00a099\u00a0%' : `${number(share, 0)}\u00a0%`;
}

const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const DAY = { day: 'numeric', month: 'short', year: 'numeric' };

export const time = (value) => formatter('time', 'time', TIME).format(new Date(value));
export const day = (value) => formatter('time', 'day', DAY).format(new Date(value));
export const shortDay = (value) =>
	formatter('time', 'short', { weekday: 'short', day: 'numeric', month: 'short' }).format(new Date(value));
export const moment = (value) => formatter('time', 'moment', { ...DAY, ...TIME }).format(new Date(value));
export const second = (value) =>
	formatter('time', 'second', { ...DAY, ...TIME, second: '2-digit' }).format(new Date(value));

// "2 Nov 2026, 06:00 – 18:00", as short as the two times allow.
export const period = (from, to) =>
	formatter('time', 'moment', { ...DAY, ...TIME }).formatRange(new Date(from), new Date(to));

// "10 min", "45 seconds".
export const duration = (seconds) => (seconds >= 60 && seconds % 60 === 0 ? `${count(seconds / 60)}\u00a0min` : t('seconds', { n: count(seconds) }));

// May a count of devices be held against what is usual? "At least k" may not.
export const isCounted = (figures, notes) => figures.devices_count === 'exact' || (figures.devices_count === 'at_least' && notes.protection === 'none');

// How many devices, as far as it may be said: { devices, devices_count }.
export function devices(figures, k) {
	const text = count(figures.devices ?? 0);
	return {
		exact: text,
		estimate: `\u2248\u00a0${text}`,
		at_least: `\u2265\u00a0${text}`,
		fewer: `<\u00a0${figures.devices || k || ''}`,
	}[figures.devices_count] ?? '\u2013';
}

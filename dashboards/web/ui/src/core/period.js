// Which time is asked for: last=7d or from and to in the address; where there is neither, the last week of what the source
// holds.
import { session } from './session.js';

const LENGTHS = { h: 3600e3, d: 24 * 3600e3 };
export const LASTS = ['1h', '24h', '7d', '30d', '90d'];
const STALE_MS = 36 * 3600e3;

export function lengthOf(last) {
	const [, number, unit] = /^(\d+)([hd])$/.exec(last) ?? [];
	return number ? number * LENGTHS[unit] : 0;
}

// Figures are kept by five minutes: a moment of an address becomes the edge before it, or behind it. A day stays a day.
const SLOT_MS = 300e3;
const slotEdge = (at, round) => new Date(round(at / SLOT_MS) * SLOT_MS).toISOString();
const edge = (text, round) => (text?.includes('T') ? slotEdge(Date.parse(text), round) : text);
// Longer times are of whole hours, by which an archive is read fast.
export function edges(from, to) {
	const whole = to - from > LENGTHS.d ? LENGTHS.h : SLOT_MS;
	return { from: new Date(Math.floor(from / whole) * whole).toISOString(), to: new Date(Math.ceil(to / whole) * whole).toISOString() };
}

// { last } or { from, to }, as the API takes them.
export function asked(query) {
	const [last, from, to] = ['last', 'from', 'to'].map((name) => query.get(name));
	if (from || to) {
		return { from: edge(from, Math.floor), to: edge(to, Math.ceil) };
	}
	if (last) {
		return { last };
	}
	const source = session.get()?.source ?? {};
	const end = Date.parse(source.to);
	// A capture that is being read may be of any time; what grows with the clock is of now.
	const isOfNow = source.is_running && source.kind !== 'analysis';
	if (!isOfNow && end && Date.now() - end > STALE_MS) {
		const start = Math.max(Date.parse(source.from), end - lengthOf('7d'));
		return edges(start, end);
	}
	return { last: '7d' };
}

// In milliseconds, of what was asked: [from, to).
export function bounds(period) {
	if (period.last) {
		return [Date.now() - lengthOf(period.last), Date.now()];
	}
	return [Date.parse(period.from), period.to ? Date.parse(period.to) : Date.now()];
}

const STEPS = [300, 3600, 86400];

// The step of a series that gives a chart so many points at most.
export function stepOf(period, most = 750) {
	const [from, to] = bounds(period);
	return STEPS.find((step) => (to - from) / 1000 / step <= most) ?? 86400;
}

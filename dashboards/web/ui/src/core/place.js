// Where the reader is: the path names the page, the query holds all else (time, filters, grouping, order), so that an address
// shows the same to whoever opens it. Where a list stood is kept with its entry of the history.
import { store } from './store.js';

// What figures can be asked by (analyzer/view/view.h), in the order of a sentence.
export const DIMENSIONS = [
	'app', 'unit', 'class', 'server', 'parent', 'zone', 'control', 'rule', 'action', 'verdict', 'exception', 'block', 'hidden',
	'direction', 'via', 'protocol', 'inferred',
];
export const TIMES = ['last', 'from', 'to'];

const read = () => ({
	path: location.pathname === '/' ? '/overview' : location.pathname,
	query: new URLSearchParams(location.search),
	scroll: history.state?.scroll ?? 0,
});
export const place = store(read());

// The address of a path with changes to a query: a value, a list of them, or null to leave it out.
export function href(path, changes = {}, from = new URLSearchParams()) {
	const query = new URLSearchParams(from);
	for (const [name, values] of Object.entries(changes)) {
		query.delete(name);
		[values].flat().filter((value) => value !== null && value !== undefined && value !== '').forEach((value) => query.append(name, value));
	}
	const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%21', '!');
	return path + (text && `?${text}`);
}

// The part of the query that goes along to another page: the time, and filters where wanted.
export function carried(withFilters) {
	const query = new URLSearchParams();
	for (const [name, value] of place.get().query) {
		if (TIMES.includes(name) || (withFilters && DIMENSIONS.includes(name))) {
			query.append(name, value);
		}
	}
	return query;
}

export function go(address, { isReplacing = false } = {}) {
	history.replaceState({ scroll: scrollY }, '');
	history[isReplacing ? 'replaceState' : 'pushState']({ scroll: isReplacing ? scrollY : 0 }, '', address);
	place.set({ ...read(), isMove: !isReplacing });
}

// Changes of the query where one is: change({ sort: 'up' }).
export const change = (changes, options) => go(href(place.get().path, changes, place.get().query), options);

// Filters of the query: [{ by, value, isExcluded }].
export function filters(query = place.get().query) {
	return DIMENSIONS.flatMap((by) =>
		query.getAll(by).map((value) => ({ by, value: value.replace(/^!/, ''), isExcluded: value.startsWith('!') })),
	);
}

// The values of a dimension after including, excluding, keeping only or dropping one of them.
export function changed(by, value, how, query = place.get().query) {
	const others = query.getAll(by).filter((one) => one.replace(/^!/, '') !== value);
	return { include: [...others, value], exclude: [...others, `!${value}`], only: [value], drop: others }[how];
}

export function startPlaces() {
	history.scrollRestoration = 'manual';
	addEventListener('popstate', () => place.set({ ...read(), isMove: true }));
	document.addEventListener('click', (event) => {
		const link = event.target.closest?.('a[href^="/"]');
		const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
		if (link && isPlain && !event.defaultPrevented && !link.target && !link.hasAttribute('download') && !link.getAttribute('href').startsWith('/api/')) {
			event.preventDefault();
			go(link.getAttribute('href'));
		}
	});
}

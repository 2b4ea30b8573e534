// Which page answers which path. Each is a bundle of its own, fetched when it is first opened.
//
// title: the key of its name; rail: whether it stands in the rail; key: what opens it.
export const PAGES = [
	{ path: '/overview', title: 'page_overview', key: 'o', rail: true, load: () => import('./overview.js') },
	{ path: '/explore', title: 'page_explore', key: 'x', rail: true, load: () => import('./explore.js') },
	{ path: '/flows/:id', title: 'page_flow', load: () => import('./flow.js') },
];

function decoded(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

// "/apps/:id" → { page, parameters }; null: there is no such page.
export function pageOf(path) {
	const wanted = path.split('/').map(decoded);
	for (const page of PAGES) {
		const parts = page.path.split('/');
		if (parts.length === wanted.length && parts.every((part, i) => part.startsWith(':') ? wanted[i] !== '' : part === wanted[i])) {
			return { page, parameters: Object.fromEntries(parts.flatMap((part, i) => (part.startsWith(':') ? [[part.slice(1), wanted[i]]] : []))) };
		}
	}
	return null;
}

// Which page answers which path. Each is a bundle of its own, fetched when it is first opened.
//
// title: the key of its name; rail: whether it stands in the rail; also: another path that is the same page further in, which
// keeps its place when one goes there; in: the page of the rail that it belongs to.
const isAllowed = (right) => (session) => session?.may?.includes(right) ?? false;

export const PAGES = [
	{ path: '/overview', title: 'page_overview', key: 'o', rail: true, load: () => import('./overview.js') },
	{ path: '/alerts', also: '/alerts/:id', title: 'page_alerts', key: 'l', rail: true, isShown: isAllowed('notices'), load: () => import('./alerts.js') },
	{ path: '/morning', title: 'page_morning', key: 'm', isShown: isAllowed('alerts'), in: '/alerts', load: () => import('./morning.js') },
	{ path: '/explore', title: 'page_explore', key: 'f', rail: true, load: () => import('./explore.js') },
	{ path: '/flows/:id', title: 'page_flow', in: '/explore', load: () => import('./flow.js') },
	{ path: '/apps', title: 'page_apps', key: 'p', rail: true, load: () => import('./apps.js') },
	{ path: '/apps/:id', title: 'kind_app', load: () => import('./app.js') },
	{ path: '/units', title: 'page_units', key: 'u', rail: true, load: () => import('./units.js') },
	{ path: '/units/:id', title: 'kind_unit', load: () => import('./unit.js') },
	{ path: '/countries/:id', title: 'kind_country', load: () => import('./country.js') },
	{ path: '/networks/:id', title: 'kind_network', load: () => import('./network.js') },
	{ path: '/devices/:id', title: 'kind_device', load: () => import('./device.js') },
	{ path: '/policy', title: 'page_policy', key: 'y', rail: true, isShown: isAllowed('policy'), load: () => import('./policy.js') },
	{ path: '/reports', title: 'page_reports', key: 'r', rail: true, isShown: isAllowed('reports'), load: () => import('./reports.js') },
	{ path: '/sensors', title: 'page_sensors', key: 'b', rail: true, isShown: isAllowed('sensors'), load: () => import('./sensors.js') },
];

function decoded(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

function parametersOf(path, wanted) {
	const parts = path.split('/');
	const is = parts.length === wanted.length && parts.every((part, i) => (part.startsWith(':') ? wanted[i] !== '' : part === wanted[i]));
	return is ? Object.fromEntries(parts.flatMap((part, i) => (part.startsWith(':') ? [[part.slice(1), wanted[i]]] : []))) : null;
}

// "/apps/:id" → { page, parameters, key }; null: there is no such page. Paths with the same key are the same page.
export function pageOf(path) {
	const wanted = path.split('/').map(decoded);
	for (const page of PAGES) {
		for (const one of [page.path, page.also].filter(Boolean)) {
			const parameters = parametersOf(one, wanted);
			if (parameters) {
				return { page, parameters, key: page.also ? page.path : path };
			}
		}
	}
	return null;
}

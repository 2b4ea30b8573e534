// Light or dark: as the system has it until the reader chooses. Charts follow, since they paint their colours themselves.
import { store } from './store.js';

const system = matchMedia('(prefers-color-scheme: dark)');
const chosen = () => localStorage.getItem('theme');
const current = () => chosen() ?? (system.matches ? 'dark' : 'light');
export const theme = store(current());

function put() {
	document.documentElement.dataset.theme = current();
	theme.set(current());
}

export function setTheme(name) {
	localStorage.setItem('theme', name);
	put();
}

export function startTheme() {
	system.addEventListener('change', put);
	put();
}

// The value of a colour token: colour('third').
export const colour = (token) => getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();

export const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

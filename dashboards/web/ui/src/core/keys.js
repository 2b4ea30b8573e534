// Keys of the page: one listener, and what each does said in the help (?). Nothing is taken while somebody types.
import { useEffect } from 'preact/hooks';
import { store } from './store.js';

const held = new Map(); // key → { does, label }, the latest part that asked for it wins
export const keys = store([]);

const tell = () => keys.set([...held].map(([key, stack]) => ({ key, label: stack.at(-1).label })));

const isTyping = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
// Enter is theirs that it opens or presses; and a dialog has all keys to itself.
const isTheirs = (event) => (event.key === 'Enter' && event.target.closest('a, button, summary, tr, [role=group]')) || document.querySelector('dialog[open]');

export function startKeys() {
	document.addEventListener('keydown', (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target) || isTheirs(event)) {
			return;
		}
		const does = held.get(event.key)?.at(-1).does;
		if (does) {
			event.preventDefault();
			does(event);
		}
	});
}

// useKeys({ j: [next, label] }) while the part is shown.
export function useKeys(wanted) {
	useEffect(() => {
		const mine = Object.entries(wanted).map(([key, [does, label]]) => [key, { does, label }]);
		for (const [key, one] of mine) {
			held.set(key, [...(held.get(key) ?? []), one]);
		}
		tell();
		return () => {
			for (const [key, one] of mine) {
				const rest = held.get(key).filter((other) => other !== one);
				if (rest.length > 0) {
					held.set(key, rest);
				} else {
					held.delete(key);
				}
			}
			tell();
		};
	});
}

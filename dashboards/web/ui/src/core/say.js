// What just happened, said once: to the eye as a note that goes away by itself, and to a screen reader.
import { store } from './store.js';

const MOST = 3;
const STAY_MS = 6000;
let number = 0;
export const notes = store([]);

export function dismiss(id) {
	notes.set(notes.get().filter((note) => note.id !== id));
}

// kind: "done" or "error"; an error stays until it is dismissed.
export function say(text, kind = 'done') {
	const id = ++number;
	notes.set([...notes.get(), { id, text, kind }].slice(-MOST));
	if (kind !== 'error') {
		setTimeout(() => dismiss(id), STAY_MS);
	}
}

export async function copy(text, done) {
	await navigator.clipboard.writeText(text);
	say(done);
}

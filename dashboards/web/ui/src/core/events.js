// What the server tells by itself (/api/1/events): one stream for the whole page, open while somebody follows it and the
// page is seen, and resumed where it broke off.
import { address } from './api.js';
import { language } from './messages.js';
import { session } from './session.js';
import { store } from './store.js';

const KINDS = ['alert', 'figures', 'state'];
const HIDDEN_MS = 60000;
const followers = new Map(KINDS.map((kind) => [kind, new Set()]));
export const connection = store('closed'); // closed, open, broken
export const isPaused = store(false);
let source = null;
let lastId = '';
let hiding = 0;
let failures = 0;

// An archive alone tells nothing; a desk of alerts beside it does.
const isTold = () => session.get()?.source?.is_running || session.get()?.source?.has_alerts;
const isWanted = () => isTold() && !isPaused.get() && [...followers.values()].some((some) => some.size > 0);

function close() {
	source?.close();
	source = null;
	connection.set('closed');
}

function open() {
	if (source || !isWanted()) {
		return;
	}
	source = new EventSource(address('/events', { after: lastId, language: language.get() }));
	source.onopen = () => {
		failures = 0;
		connection.set('open');
	};
	// Opened anew by ourselves: the browser would ask from the last event alone, and before the first there is none.
	source.onerror = () => {
		connection.set('broken');
		source?.close();
		source = null;
		setTimeout(open, Math.min(60000, 1000 * 2 ** ++failures));
	};
	for (const kind of KINDS) {
		source.addEventListener(kind, (event) => {
			lastId = event.lastEventId || lastId;
			followers.get(kind).forEach((tell) => tell(JSON.parse(event.data || '{}')));
		});
	}
}

// The newest alert that is known already: what comes after it is told.
export function heard(newest) {
	lastId ||= String(newest);
}

export function follow(kind, tell) {
	followers.get(kind).add(tell);
	open();
	return () => {
		followers.get(kind).delete(tell);
		if (!isWanted()) {
			close();
		}
	};
}

export function pause(yes) {
	isPaused.set(yes);
	if (yes) {
		close();
	} else {
		open();
	}
}

session.follow(() => (isWanted() ? open() : close()));

document.addEventListener('visibilitychange', () => {
	clearTimeout(hiding);
	if (document.hidden) {
		hiding = setTimeout(close, HIDDEN_MS);
	} else {
		open();
	}
});

// The server's API: GET with what is known already (ETag), sending with the session's token, and errors: a sentence in the
// reader's language, and what the server said, which is English. What is kept is bounded: the last KEPT answers, which is what "back" needs.
import { away } from './away.js';
import { session } from './session.js';
import { t } from './messages.js';

export const ROOT = '/api/1';
const KEPT = 24;
const kept = new Map(); // url → { etag, answer }, the latest last

const SENTENCES = { 0: 'first_unreachable', 400: 'error_question', 403: 'error_unit', 404: 'error_none', 409: 'error_faster', 413: 'error_large', 501: 'error_kept', 503: 'error_now' };

export class ApiError extends Error {
	// roles: those that may what this one may not.
	constructor(status, said = '', roles = null) {
		const { role } = session.get() ?? {};
		super(roles && role ? t('error_role_may', { role, roles: roles.join(', ') }) : SENTENCES[status] ? t(SENTENCES[status]) : t('error_status', { status }));
		this.status = status;
		this.said = said;
	}
}

function keep(url, one) {
	kept.delete(url);
	kept.set(url, one);
	if (kept.size > KEPT) {
		kept.delete(kept.keys().next().value);
	}
}

export const forget = () => kept.clear();

// A query in one order, so that the same question is the same address; empty values are left out.
export function address(path, parameters = {}) {
	const query = new URLSearchParams();
	for (const [name, values] of Object.entries(parameters)) {
		for (const value of [values].flat()) {
			if (value !== undefined && value !== null && value !== '' && value !== false) {
				query.append(name, value === true ? '1' : value);
			}
		}
	}
	const text = query.toString();
	return `${ROOT}${path}${text && `?${text}`}`;
}

export const known = (url) => kept.get(url)?.answer;

async function failure(response) {
	const said = await response.json().catch(() => ({}));
	if (response.status === 401) {
		forget();
		session.set(null);
	}
	return new ApiError(response.status, said.error, said.roles);
}

async function ask(url, options) {
	try {
		const response = await fetch(url, { credentials: 'same-origin', ...options });
		away.set(null);
		return response;
	} catch (error) {
		if (error.name === 'AbortError') {
			throw error;
		}
		away.set(new ApiError(0));
		throw away.get();
	}
}

async function fetchAnswer(url, signal) {
	const before = kept.get(url);
	const response = await ask(url, {
		signal,
		cache: 'no-store',
		headers: before?.etag ? { 'If-None-Match': before.etag } : {},
	});
	if (response.status === 304 && before) {
		keep(url, before);
		return before.answer;
	}
	if (!response.ok) {
		throw await failure(response);
	}
	const answer = await response.json();
	keep(url, { etag: response.headers.get('ETag'), answer });
	return answer;
}

// Parts of the page that ask the same at the same time share one request, which ends when nobody waits for it any more.
const asked = new Map(); // url → { answer, waiting, stop }

export function get(url, signal) {
	let one = asked.get(url);
	if (!one) {
		const stop = new AbortController();
		one = { waiting: 0, stop, answer: fetchAnswer(url, stop.signal).finally(() => asked.get(url) === one && asked.delete(url)) };
		asked.set(url, one);
	}
	one.waiting++;
	return new Promise((resolve, reject) => {
		const leave = () => {
			if (--one.waiting === 0) {
				asked.delete(url);
				one.stop.abort();
			}
			reject(new DOMException('', 'AbortError'));
		};
		signal?.addEventListener('abort', leave, { once: true });
		const end = (tell) => (value) => {
			signal?.removeEventListener('abort', leave);
			tell(value);
		};
		one.answer.then(end(resolve), end(reject));
	});
}

// Whatever changes something: POST unless told otherwise.
export async function send(path, body, method = 'POST') {
	const response = await ask(ROOT + path, {
		method,
		headers: { 'Content-Type': 'application/json', 'X-CSRF': session.get()?.csrf ?? '' },
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	if (!response.ok) {
		throw await failure(response);
	}
	return response.status === 204 ? {} : response.json().catch(() => ({}));
}

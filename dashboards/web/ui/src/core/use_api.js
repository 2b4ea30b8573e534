// An answer of the API as a part of the page follows it. What was there stays while the next is fetched (isLoading), and
// after a failure (error): data is then stale, and says of when it is.
import { useEffect, useRef, useState } from 'preact/hooks';
import { address, get, known } from './api.js';
import { rounds } from './away.js';
import { follow, isPaused } from './events.js';
import { language } from './messages.js';

const AGAIN_MS = 5000; // at most so often, however fast figures change
// An answer from before its source grew is asked for again, so that the parts of a page agree; one that the server could not
// give just then, too.
const BEHIND_MS = 10000;

// path null: nothing is asked. Names in an answer are in the reader's language. on: names of events after which it is asked again.
export function useApi(path, parameters = {}, { on = [] } = {}) {
	const spoken = language.use();
	const url = path === null ? null : address(path, { ...parameters, language: spoken });
	const [state, setState] = useState(() => ({ url, data: url ? known(url) : undefined, error: null, at: 0 }));
	const [round, setRound] = useState(0);
	const again = rounds.use();
	const shown = useRef(url);

	useEffect(() => {
		if (url === null) {
			return undefined;
		}
		const stop = new AbortController();
		const before = known(url);
		shown.current = url;
		setState((last) => ({ url, data: before ?? last.data, isOther: before === undefined && last.url !== url, error: null, isLoading: true, at: last.at }));
		get(url, stop.signal).then(
			(data) => setState({ url, data, error: null, isLoading: false, at: Date.now() }),
			(error) => error.name !== 'AbortError' && setState((last) => ({ ...last, url, error, isLoading: false })),
		);
		return () => stop.abort();
	}, [url, round, again]);

	const isBehind = (state.data?.notes?.is_behind === true || state.error?.status === 503) && !state.isLoading;
	useEffect(() => {
		const timer = isBehind && setTimeout(() => !isPaused.get() && setRound((last) => last + 1), BEHIND_MS);
		return () => clearTimeout(timer);
	}, [isBehind]);

	const events = on.join(' ');
	useEffect(() => {
		if (url === null || events === '') {
			return undefined;
		}
		let timer = 0;
		const later = () => {
			timer ||= setTimeout(() => {
				timer = 0;
				setRound((last) => last + 1);
			}, AGAIN_MS);
		};
		const stops = events.split(' ').map((name) => follow(name, later));
		return () => {
			clearTimeout(timer);
			stops.forEach((stop) => stop());
		};
	}, [url, events]);

	return { ...state, isLoading: state.isLoading ?? true, again: () => setRound((last) => last + 1) };
}

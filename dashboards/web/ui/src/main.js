// The page begins: theme, words, who is here, and then the shell or the door.
import { html, render, useCallback, useEffect, useState } from './core/dom.js';
import { address, get } from './core/api.js';
import { startKeys } from './core/keys.js';
import { language, languages, speak, speakFirst, useLanguage } from './core/messages.js';
import { place, startPlaces } from './core/place.js';
import { session } from './core/session.js';
import { startTheme } from './core/theme.js';
import { Failed, Skeleton } from './components/states.js';
import { Shell } from './components/shell.js';
import { Login } from './pages/login.js';
import { pageOf } from './pages/pages.js';

async function askSession() {
	let known = await get(address('/session'));
	// From when to when a large archive reaches is known a moment after it was opened; until then no page knows which time to show.
	while (known.source?.is_awaited) {
		await new Promise((resolve) => setTimeout(resolve, 300));
		known = await get(address('/session'));
	}
	languages.set(known.languages ?? languages.get());
	return known;
}

// code undefined: in the language of the server, which the session names.
const words = (code) => get(address('/messages', { language: code }));

async function learn(code) {
	speak(code, await words(code));
}

// Who is here, the words and the page's own bundle do not wait for each other.
async function begin() {
	pageOf(place.get().path)?.page.load().catch(() => {}); // the shell says what is missing
	const chosen = languages.get().find((code) => code === localStorage.getItem('language'));
	const [known, said] = await Promise.all([askSession(), words(chosen)]);
	speak(chosen ?? known.language ?? language.get(), said);
	session.set(known);
}

function Page() {
	const known = session.use();
	const [error, setError] = useState(null);
	const [isReady, setReady] = useState(false);
	useLanguage();

	const enter = useCallback(async () => {
		setError(null);
		try {
			await begin();
			setReady(true);
		} catch (failed) {
			setError(failed.status === 401 ? null : failed);
		}
	}, []);
	useEffect(() => {
		enter();
	}, [enter]);
	const choose = async (code) => {
		localStorage.setItem('language', code);
		await learn(code);
	};
	const refresh = useCallback(() => askSession().then(session.set, () => {}), []);

	if (known === null) {
		return html`<${Login} onEnter=${enter} />`;
	}
	if (error) {
		return html`<main class="login"><${Failed} error=${error} again=${enter} /></main>`;
	}
	return isReady ? html`<${Shell} onLanguage=${choose} onSession=${refresh} />` : html`<${Skeleton} rows=${8} />`;
}

startTheme();
speakFirst();
startPlaces();
startKeys();
render(html`<${Page} />`, document.body);

// The page begins: theme, words, who is here, and then the shell or the door.
import { html, render, useCallback, useEffect, useState } from './core/dom.js';
import { address, get } from './core/api.js';
import { startKeys } from './core/keys.js';
import { language, languages, speak, speakFirst, useLanguage } from './core/messages.js';
import { startPlaces } from './core/place.js';
import { session } from './core/session.js';
import { startTheme } from './core/theme.js';
import { Failed, Skeleton } from './components/states.js';
import { Shell } from './components/shell.js';
import { Login } from './pages/login.js';

async function askSession() {
	let known = await get(address('/session'));
	// From when to when a large archive reaches is known a moment after it was opened.
	for (let i = 0; i < 5 && known.source?.kind === 'archive' && !known.source.from; i++) {
		await new Promise((resolve) => setTimeout(resolve, 300));
		known = await get(address('/session'));
	}
	languages.set(known.languages ?? languages.get());
	session.set(known);
	return known;
}

async function learn(code) {
	speak(code, await get(address('/messages', { language: code })));
}

function Page() {
	const known = session.use();
	const [error, setError] = useState(null);
	const [isReady, setReady] = useState(false);
	useLanguage();

	const enter = useCallback(async () => {
		setError(null);
		try {
			const { language: theirs } = await askSession();
			await learn(localStorage.getItem('language') ?? theirs ?? language.get());
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
	const refresh = useCallback(() => askSession().catch(() => {}), []);

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

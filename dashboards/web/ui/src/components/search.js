// The search of the top bar: apps, units, countries, networks, flows, alerts and addresses, whatever somebody types.
import { html, useEffect, useRef, useState } from '../core/dom.js';
import { address, get } from '../core/api.js';
import { useKeys } from '../core/keys.js';
import { language, t, word } from '../core/messages.js';
import { go } from '../core/place.js';

const WAIT_MS = 120;

export function Search() {
	const [text, setText] = useState('');
	const [found, setFound] = useState(null);
	const [at, setAt] = useState(0);
	const input = useRef(null);
	useKeys({ '/': [() => input.current.focus(), t('key_search')] });

	useEffect(() => {
		if (text.trim() === '') {
			setFound(null);
			return undefined;
		}
		const stop = new AbortController();
		const timer = setTimeout(() => {
			get(address('/search', { q: text.trim(), language: language.get() }), stop.signal).then(
				(answer) => {
					setFound(answer.results ?? answer);
					setAt(0);
				},
				(error) => error.name !== 'AbortError' && setFound([]),
			);
		}, WAIT_MS);
		return () => {
			clearTimeout(timer);
			stop.abort();
		};
	}, [text]);

	const close = () => {
		setText('');
		setFound(null);
		input.current.blur();
	};
	const open = (one) => {
		close();
		go(one.href);
	};
	const onKey = (event) => {
		const count = found?.length ?? 0;
		if (event.key === 'Escape') {
			close();
		} else if (event.key === 'Enter' && count > 0) {
			event.preventDefault();
			open(found[at]);
		} else if (['ArrowDown', 'ArrowUp'].includes(event.key) && count > 0) {
			event.preventDefault();
			setAt((at + (event.key === 'ArrowDown' ? 1 : count - 1)) % count);
		}
	};
	const isOpen = found !== null;
	return html`<div class="search" role="search">
		<input ref=${input} type="search" value=${text} placeholder=${t('search_hint')} aria-label=${t('search')} autocomplete="off" spellcheck=${false} role="combobox"
			aria-expanded=${isOpen ? 'true' : 'false'} aria-controls="found" aria-autocomplete="list" aria-activedescendant=${found?.length > 0 ? `found-${at}` : undefined}
			onInput=${(event) => setText(event.currentTarget.value)} onKeyDown=${onKey} onBlur=${() => setTimeout(() => setFound(null), 150)} />
		<ul id="found" class="menu found" role="listbox" aria-label=${t('search')} hidden=${!isOpen}>
			${found?.map((one, i) => html`<li id="found-${i}" role="option" aria-selected=${i === at ? 'true' : 'false'} onMouseDown=${(event) => event.preventDefault()} onClick=${() => open(one)}>
				<span>${one.name}</span> <span class="muted">${word('web.kind', one.kind)}</span></li>`)}
			${found?.length === 0 && html`<li class="muted" role="option" aria-selected="false" aria-disabled="true">${t('search_nothing')}</li>`}
		</ul></div>`;
}

// What stands around every page: the rail with words, the top bar, the place for notes, and what keeps the focus in order.
import { html, useEffect, useLayoutEffect, useRef, useState } from '../core/dom.js';
import { forget, send } from '../core/api.js';
import { connection, follow, isPaused, pause } from '../core/events.js';
import { useKeys } from '../core/keys.js';
import { language, languages, t, useLanguage, word } from '../core/messages.js';
import { carried, go, href, place } from '../core/place.js';
import { session } from '../core/session.js';
import { setTheme, theme } from '../core/theme.js';
import { pageOf, PAGES } from '../pages/pages.js';
import { HandleMenu } from './handle.js';
import { Help } from './help.js';
import { NoteList } from './notes.js';
import { Search } from './search.js';
import { Away, Empty, Failed, Skeleton, Troubled } from './states.js';
import { TimeRange } from './time_range.js';

const isAllowed = (page) => page.isShown?.(session.get()) ?? true;
const addressOf = (page) => href(page.path, {}, carried(['/overview', '/explore'].includes(page.path)));

function Rail({ path }) {
	place.use();
	const inside = pageOf(path)?.page.in;
	const rail = useRef(null);
	useEffect(() => rail.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [path]);
	return html`<nav class="rail" ref=${rail} aria-label=${t('rail')}><a class="brand" href="/overview">borderflow</a><ul>
		${PAGES.filter((page) => page.rail && isAllowed(page)).map((page) => html`<li key=${page.path}>
			<a href=${addressOf(page)} aria-current=${path === page.path || path.startsWith(`${page.path}/`) || inside === page.path ? 'page' : undefined}>${t(page.title)}</a></li>`)}
	</ul></nav>`;
}

// Whether figures move: reading, live, paused, or without a connection.
function Pulse() {
	const state = connection.use();
	const paused = isPaused.use();
	const { source } = session.use() ?? {};
	const percent = source?.read?.percent;
	if (!source?.is_running) {
		return null;
	}
	const text = paused ? t('pulse_paused') : state === 'broken' || source.trouble ? t('pulse_broken') : percent !== undefined && percent < 100 ? t('pulse_reading', { percent }) : t('pulse_live');
	return html`<button type="button" class="button is-quiet pulse pulse-${paused ? 'paused' : source.trouble ? 'broken' : state}" aria-pressed=${paused ? 'true' : 'false'} title=${paused ? t('pulse_go') : t('pulse_pause')}
		onClick=${() => pause(!paused)}>${text}</button>`;
}

function Settings({ onLanguage }) {
	const now = theme.use();
	const code = language.use();
	const known = session.use();
	const leave = async () => {
		await send('/session', undefined, 'DELETE').catch(() => {});
		forget();
		session.set(null);
	};
	return html`<select class="button is-quiet" aria-label=${t('language')} value=${code} onChange=${(event) => onLanguage(event.currentTarget.value)}>
			${languages.get().map((one) => html`<option key=${one} value=${one} lang=${one}>${word('web.language', one)}</option>`)}</select>
		<button type="button" class="button is-quiet" onClick=${() => setTheme(now === 'dark' ? 'light' : 'dark')}>${now === 'dark' ? t('theme_light') : t('theme_dark')}</button>
		<${Help} />
		${known?.user && html`<button type="button" class="button is-quiet" title=${known.user} onClick=${leave}>${t('leave')}</button>`}`;
}

// A page's bundle, and the page: { load, Page }.
function useBundle(page) {
	const [loaded, setLoaded] = useState({});
	useEffect(() => {
		let isWanted = true;
		page?.load().then(
			(bundle) => isWanted && setLoaded({ page, Page: bundle.Page }),
			() => isWanted && setLoaded({ page, error: new Error(t('first_unreachable')) }),
		);
		return () => {
			isWanted = false;
		};
	}, [page]);
	return loaded.page === page ? loaded : {};
}

function Main({ found, heading }) {
	const { Page, error } = useBundle(found?.page);
	if (!found) {
		return html`<h1 ref=${heading} tabindex="-1">${t('page_missing')}</h1><${Empty} title=${t('page_missing')}><a href="/overview">${t('page_missing_do')}</a></${Empty}>`;
	}
	if (error) {
		return html`<${Failed} error=${error} again=${() => location.reload()} />`;
	}
	return Page ? html`<${Page} ...${found.parameters} />` : html`<${Skeleton} rows=${8} />`;
}

// After a move: the top or where one was, the title, and the focus on the heading for those who listen.
function useArrival(where, title, key) {
	const first = useRef(true);
	useLayoutEffect(() => {
		document.title = `${title} \u00b7 borderflow`;
	}, [title]);
	useEffect(() => {
		if (first.current) {
			first.current = false;
			return;
		}
		document.getElementById('main')?.focus({ preventScroll: true });
	}, [key]);
	useLayoutEffect(() => {
		if (where.isMove) {
			requestAnimationFrame(() => scrollTo(0, where.scroll));
		}
	}, [where]);
}

export function Shell({ onLanguage, onSession }) {
	useLanguage();
	const where = place.use();
	const found = pageOf(where.path);
	const title = found ? t(found.page.title) : t('page_missing');
	// Of one app, unit or country the window is named after it; of an alert the list is.
	const subject = found && !found.page.also && found.parameters.id;
	useArrival(where, subject ? `${subject} \u00b7 ${title}` : title, found?.key ?? where.path);
	useEffect(() => follow('state', onSession), [onSession]);
	useKeys(Object.fromEntries(PAGES.filter((page) => page.key && isAllowed(page)).map((page) => [page.key, [() => go(addressOf(page)), t(page.title)]])));
	return html`<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById('main').focus(); }}>${t('skip')}</a>
		<${Rail} path=${where.path} />
		<header class="top"><${TimeRange} /><${Search} /><div class="top-end"><${Pulse} /><${Settings} onLanguage=${onLanguage} /></div></header>
		<main id="main" tabindex="-1" aria-label=${title}><${Away} /><${Troubled} again=${onSession} /><${Main} key=${found?.key ?? where.path} found=${found} /><${HandleMenu} /><${NoteList} /></main>`;
}

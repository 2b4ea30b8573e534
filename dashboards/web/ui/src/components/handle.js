// Every value is a handle: the same menu everywhere, by mouse and keyboard. What cannot be done with a value is not shown.
import { html, useEffect, useRef } from '../core/dom.js';
import { t } from '../core/messages.js';
import { nameOf } from '../core/names.js';
import { carried, changed, DIMENSIONS, filters, go, href, place } from '../core/place.js';
import { copy } from '../core/say.js';
import { store } from '../core/store.js';

const opened = store(null); // { by, value, name, at: element }
const PAGES = { app: '/apps/', unit: '/units/', server: '/countries/', parent: '/countries/', network: '/networks/', device: '/devices/' };
const NOWHERE = ['unknown', 'none', 'internal', ''];

// The menu of a value beside any element, also one of a chart.
export const openHandle = (one, at) => opened.set({ ...one, name: one.name && one.name !== one.value ? one.name : nameOf(one.by, one.value), at });

// A value, as text one can act on.
export function Handle({ by, value, name, children, more }) {
	const open = (event) => {
		event.stopPropagation();
		openHandle({ by, value, name, more }, event.currentTarget);
	};
	const text = name && name !== value ? name : nameOf(by, value);
	return html`<button type="button" class="handle" aria-haspopup="menu" onClick=${open}>${children ?? text}</button>`;
}

function actions({ by, value, name, more = [] }) {
	const { path, query } = place.get();
	const here = ['/overview', '/explore'].includes(path);
	const to = (how) => () => {
		const base = here ? query : carried(true);
		go(href(here ? path : '/explore', { [by]: changed(by, value, how, base), first: null }, base));
	};
	const current = filters().filter((filter) => filter.by === by);
	const mine = current.find((filter) => filter.value === value);
	const list = [];
	if (DIMENSIONS.includes(by)) {
		if (!here || !mine || mine.isExcluded) {
			list.push([t('handle_include'), to('include')]);
		}
		if (!here || !mine?.isExcluded) {
			list.push([t('handle_exclude'), to('exclude')]);
		}
		if (here && current.length > (mine && !mine.isExcluded ? 1 : 0)) {
			list.push([t('handle_only'), to('only')]);
		}
		if (here && mine) {
			list.push([t('handle_drop'), to('drop')]);
		}
		if (path !== '/explore' || (query.get('by') ?? 'app') !== by) {
			list.push([t('handle_group'), () => go(href('/explore', { by }, path === '/explore' ? query : carried(here)))]);
		}
	}
	if (PAGES[by] && !NOWHERE.includes(value)) {
		const address = PAGES[by] + encodeURIComponent(value);
		if (path !== address) {
			list.push([t('handle_open', { name }), () => go(href(address, {}, carried(false)))]);
		}
	}
	more.forEach((one) => list.push([one.label, one.does]));
	list.push([t('handle_copy'), () => copy(String(value), t('copied', { text: name }))]);
	return list;
}

// Beside what opened it, and inside the window.
function stand(menu, at) {
	const box = at.getBoundingClientRect();
	const left = Math.min(box.left, innerWidth - menu.offsetWidth - 8);
	const below = box.bottom + 4;
	const top = below + menu.offsetHeight > innerHeight - 8 ? Math.max(8, box.top - menu.offsetHeight - 4) : below;
	menu.style.left = `${Math.max(8, left)}px`;
	menu.style.top = `${top}px`;
}

function onKey(event) {
	const items = [...event.currentTarget.querySelectorAll('[role=menuitem]')];
	const now = items.indexOf(document.activeElement);
	const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
	if (next !== undefined) {
		event.preventDefault();
		items.at(next % items.length).focus();
	} else if (event.key === 'Tab') {
		event.currentTarget.hidePopover();
	}
}

// One menu for the whole page; a popover closes by Escape and by a click beside it, and gives the focus back.
export function HandleMenu() {
	const one = opened.use();
	const menu = useRef(null);

	useEffect(() => {
		if (!one) {
			return;
		}
		menu.current.showPopover();
		stand(menu.current, one.at);
		menu.current.querySelector('[role=menuitem]')?.focus({ preventScroll: true });
	}, [one]);
	const onToggle = (event) => {
		if (event.newState === 'closed') {
			const { at } = opened.get() ?? {};
			opened.set(null);
			if (document.activeElement === document.body || menu.current.contains(document.activeElement)) {
				at?.focus({ preventScroll: true });
			}
		}
	};
	const choose = (does) => () => {
		menu.current.hidePopover();
		does();
	};
	return html`<div ref=${menu} class="menu" popover="auto" role="menu" aria-label=${one?.name ?? ''} onKeyDown=${onKey} onToggle=${onToggle}>
		${one && html`<p class="menu-title" role="presentation">${one.name}</p>`}
		${one && actions(one).map(([label, does]) => html`<button type="button" role="menuitem" tabindex="-1" onClick=${choose(does)}>${label}</button>`)}
	</div>`;
}

// The keys that do something where one is: "?".
import { html, useState } from '../core/dom.js';
import { keys, useKeys } from '../core/keys.js';
import { t } from '../core/messages.js';
import { Dialog } from './dialog.js';

function Keys() {
	return html`<dl class="keys">${keys.use().map(({ key, label }) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${label}</dd></div>`)}
		<div><dt><kbd>Tab</kbd></dt><dd>${t('key_tab')}</dd></div>
		<div><dt><kbd>↑</kbd> <kbd>↓</kbd></dt><dd>${t('key_rows')}</dd></div>
		<div><dt><kbd>Enter</kbd></dt><dd>${t('key_enter')}</dd></div>
		<div><dt><kbd>Esc</kbd></dt><dd>${t('key_escape')}</dd></div></dl>`;
}

export function Help() {
	const [isOpen, setOpen] = useState(false);
	useKeys({ '?': [() => setOpen(true), t('key_help')] });
	return html`<button type="button" class="button is-quiet" aria-label=${t('help')} aria-haspopup="dialog" onClick=${() => setOpen(true)}>?</button>
		<${Dialog} isOpen=${isOpen} onClose=${() => setOpen(false)} title=${t('help')}><${Keys} /></${Dialog}>`;
}

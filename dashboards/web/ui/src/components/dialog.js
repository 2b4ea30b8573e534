// A dialog: the browser's own, which keeps the focus inside, closes by Escape and gives the focus back.
import { html, useEffect, useRef } from '../core/dom.js';
import { t } from '../core/messages.js';

export function Dialog({ isOpen, onClose, title, children }) {
	const element = useRef(null);
	useEffect(() => {
		if (isOpen && !element.current.open) {
			element.current.showModal();
			element.current.querySelector('[autofocus]')?.focus();
		} else if (!isOpen && element.current.open) {
			element.current.close();
		}
	}, [isOpen]);
	const onClick = (event) => event.target === element.current && onClose();
	return html`<dialog ref=${element} aria-label=${title} onClose=${onClose} onClick=${onClick}>${isOpen && html`
		<div class="dialog-head"><h2>${title}</h2>
		<button type="button" class="button" aria-label=${t('close')} onClick=${onClose}>×</button></div>
		<div class="dialog-body">${children}</div>`}
	</dialog>`;
}

// Notes of what just happened (core/say.js), and the region a screen reader listens to.
import { html } from '../core/dom.js';
import { t } from '../core/messages.js';
import { dismiss, notes } from '../core/say.js';

export function NoteList() {
	const list = notes.use();
	return html`<div class="toasts" role="status" aria-live="polite">${list.map((note) => html`<div key=${note.id} class="toast toast-${note.kind}">
		<span>${note.text}</span> <button type="button" class="chip-drop" aria-label=${t('close')} onClick=${() => dismiss(note.id)}>×</button>
	</div>`)}</div>`;
}

// What somebody without a token sees, and nothing else.
import { html, useState } from '../core/dom.js';
import { send } from '../core/api.js';
import { t } from '../core/messages.js';

export function Login({ onEnter }) {
	const [error, setError] = useState(null);
	const submit = async (event) => {
		event.preventDefault();
		const field = event.currentTarget.elements.token;
		try {
			await send('/session', { token: field.value.trim() });
			field.value = '';
			onEnter();
		} catch (failed) {
			setError(failed.status === 401 ? t('first_refused') : failed.message);
			field.select();
		}
	};
	return html`<main class="login"><h1>borderflow</h1><p>${t('first_lead')}</p>
		<form class="fields" onSubmit=${submit}>
			<label>${t('first_token')} <input name="token" type="password" required autofocus autocomplete="current-password" spellcheck=${false} aria-describedby="login-error" /></label>
			<button type="submit" class="button is-first">${t('first_enter')}</button>
			<p id="login-error" role="alert">${error}</p>
		</form>
		<p class="muted">${t('first_link')}</p></main>`;
}

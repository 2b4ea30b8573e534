// Every sentence of the page, in the reader's language: from /api/1/messages, which reads the same tables as the reports
// (analyzer/share/messages). No sentence stands in code. "{name}" stands for a value, and "{name|one|other}" for a form.
import first from 'made:words';
import { store } from './store.js';

export const languages = store(Object.keys(first));
export const language = store('en');
const spoken = store({});

// What may be said before anybody is let in, in the language of the browser.
export function speakFirst() {
	const wanted = localStorage.getItem('language') ?? navigator.language.slice(0, 2).replace('no', 'nb');
	language.set(first[wanted] ? wanted : 'en');
	document.documentElement.lang = language.get();
	spoken.set(first[language.get()]);
}

export function speak(code, sentences) {
	language.set(code);
	document.documentElement.lang = code;
	spoken.set({ ...first[code], ...sentences });
}

export const useLanguage = () => spoken.use();

const sentence = (key) => spoken.get()[key];

function parts(text, values) {
	return text.split(/(\{[^}]*\})/).filter((part) => part !== '').map((part) => {
		if (part[0] !== '{') {
			return part;
		}
		const [name, one, other] = part.slice(1, -1).split('|');
		const value = values[name];
		if (one === undefined) {
			return value ?? part;
		}
		return String(value) === '1' ? one : other;
	});
}

// The text of web.KEY; the key itself where there is none (tests/style/page.sh keeps that from happening).
export const t = (key, values = {}) => parts(sentence(`web.${key}`) ?? key, values).join('');

// The same as a list, for values that are elements.
export const tx = (key, values = {}) => parts(sentence(`web.${key}`) ?? key, values);

// A word of the product's vocabulary: word('zone', 'eu'); the id itself where there is none.
export const word = (kind, id) => sentence(`${kind}_${id}`) ?? id;

export const country = (code) => spoken.get().countries?.[code] ?? word('zone', code);

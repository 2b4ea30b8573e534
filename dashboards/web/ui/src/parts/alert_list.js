// The alerts that are listed. Those shown stay where they are: a change is shown in its line, what is new is counted and
// waits until it is taken, and what no longer matches stays until then.
import { Component, html, useEffect, useRef, useState } from '../core/dom.js';
import { Severity } from '../components/severity.js';
import { address, get } from '../core/api.js';
import { follow, heard } from '../core/events.js';
import { count, moment } from '../core/format.js';
import { language, t, word } from '../core/messages.js';
import { asked } from '../core/period.js';

const MOST = 200;
const AGAIN_MS = 1500;

export function alertQuestion(query) {
	const wanted = Object.fromEntries(['kind', 'severity', 'unit', 'app', 'text'].map((name) => [name, query.get(name)]));
	const isTimed = query.has('last') || query.has('from');
	const state = query.get('state') ?? 'open';
	return { state: state === 'all' ? null : state, ...wanted, ...(isTimed ? asked(query) : {}), most: MOST };
}

// Lines that are shown, each as it is now; those that are not among the latest stay as they were.
const merged = (shown, latest) => {
	const now = new Map(latest.map((alert) => [alert.id, alert]));
	return shown.map((alert) => now.get(alert.id) ?? { ...alert, isGone: true });
};

export function useAlertList(query) {
	const url = address('/alerts', { ...alertQuestion(query), language: language.use() });
	const [state, setState] = useState({ isLoading: true, shown: [], latest: [], url: null });
	const [round, setRound] = useState(0);
	const [changes, setChanges] = useState(0);
	const isOther = state.url !== url;

	useEffect(() => {
		const stop = new AbortController();
		get(url, stop.signal).then(
			(data) => {
				heard(data.newest);
				setState((last) => ({
					url, data, error: null, isLoading: false, at: Date.now(), latest: data.alerts,
					shown: last.url === url && last.data ? merged(last.shown, data.alerts) : data.alerts,
				}));
			},
			(error) => error.name !== 'AbortError' && setState((last) => ({ ...last, url, error, isLoading: false, data: last.url === url ? last.data : undefined })),
		);
		return () => stop.abort();
	}, [url, round]);
	useEffect(() => {
		let timer = 0;
		const stop = follow('alert', () => {
			timer ||= setTimeout(() => {
				timer = 0;
				setRound((last) => last + 1);
				setChanges((last) => last + 1);
			}, AGAIN_MS);
		});
		return () => {
			clearTimeout(timer);
			stop();
		};
	}, [url]);

	const known = new Set(state.shown.map((alert) => alert.id));
	return {
		...state,
		isLoading: state.isLoading || isOther,
		isOther,
		alerts: state.shown,
		changes,
		waiting: isOther ? 0 : state.latest.filter((alert) => !known.has(alert.id)).length,
		take: () => setState((last) => ({ ...last, shown: last.latest })),
		again: () => {
			setRound((last) => last + 1);
			setChanges((last) => last + 1);
		},
	};
}

export const sentenceOf = (alert) => alert.sentence ?? [word('web.alert_kind', alert.kind), alert.app_name, alert.unit].filter(Boolean).join(' · ');

// A line of an alert, as every list of them shows it.
export const AlertLine = ({ alert }) => html`<span class="alert-line-head"><${Severity} level=${alert.severity} /><span class="small muted">${word('desk_state', alert.state)}${alert.owner && ` · ${alert.owner}`}</span><time class="small muted" datetime=${alert.changed}>${moment(alert.changed)}</time></span>
	<span class="alert-line-text">${sentenceOf(alert)}</span>`;

// One of hundreds: drawn anew only where it is another, so that moving on by a key costs two lines.
class Line extends Component {
	shouldComponentUpdate(next) {
		return ['alert', 'to', 'isRead', 'isPicked'].some((name) => next[name] !== this.props[name]);
	}

	render({ alert, to, isRead, isPicked, onPick }) {
		return html`<li class=${`${isRead ? 'selected' : ''} ${alert.isGone ? 'is-gone' : ''}`}>
			<input type="checkbox" aria-label=${t('alert_pick', { what: sentenceOf(alert) })} checked=${isPicked} onChange=${() => onPick(alert.id)} />
			<a href=${to} aria-current=${isRead ? 'true' : undefined}><${AlertLine} alert=${alert} /></a></li>`;
	}
}

export function AlertList({ list, id, picked, onPick, addressOf }) {
	const frame = useRef(null);
	return html`<ul ref=${frame} class="alert-list">${list.alerts.map((alert) => html`<${Line} key=${alert.id} alert=${alert} to=${addressOf(alert.id)} isRead=${alert.id === id} isPicked=${picked.includes(alert.id)} onPick=${onPick} />`)}
	</ul>${list.data.all > list.alerts.length && html`<p class="muted small below">${t('alerts_more', { shown: count(list.alerts.length), all: count(list.data.all) })}</p>`}`;
}

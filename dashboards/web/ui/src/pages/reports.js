// Reports: those there are, each to view and to download, and one to be made for a month or any days.
import { html, useState } from '../core/dom.js';
import { Answer, Empty, Refused } from '../components/states.js';
import { Table } from '../components/table.js';
import { ROOT, send } from '../core/api.js';
import { moment } from '../core/format.js';
import { language, t } from '../core/messages.js';
import { say } from '../core/say.js';
import { session } from '../core/session.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';

const DAY_MS = 86400e3;

// The last whole month; where less than that is kept, all whole days of it.
function lastMonth({ from, to }) {
	const [start, end] = [new Date(from ?? Date.now()), new Date(to ?? Date.now())];
	const first = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - 1, 1));
	const last = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth(), 1) - DAY_MS);
	const isKept = from && start <= first;
	const yesterday = new Date(Math.max(start, end - DAY_MS));
	return (isKept ? [first, last] : [start, yesterday]).map((one) => one.toISOString().slice(0, 10));
}

const fileAddress = (report, file) => `${ROOT}/reports/${encodeURIComponent(report.id)}/${encodeURIComponent(file)}`;
const isPageOf = (code) => (file) => file.endsWith(`.${code}.html`);

function columns() {
	const code = language.get();
	return [
		{ key: 'period', title: t('report_period'), cell: (report) => report.id },
		{ key: 'made', title: t('report_made'), cell: (report) => (report.made ? moment(report.made) : '–') },
		{ key: 'view', title: t('report_view'), cell: (report) => { const page = report.files.find(isPageOf(code)) ?? report.files.find((file) => file.endsWith('.html')); return page ? html`<a href=${fileAddress(report, page)} target="_blank" rel="noopener">${t('report_open')}</a>` : '–'; } },
		{ key: 'files', title: t('report_files'), cell: (report) => html`<details><summary>${t('report_files_count', { count: report.files.length })}</summary><ul class="files">${report.files.map((file) => html`<li key=${file}><a href=${fileAddress(report, file)} download>${file}</a></li>`)}</ul></details>` },
	];
}

function Make({ onMade }) {
	const [first, last] = lastMonth(session.get()?.source ?? {});
	const [isBusy, setBusy] = useState(false);
	const [error, setError] = useState(null);
	const submit = async (event) => {
		event.preventDefault();
		const form = new FormData(event.currentTarget);
		setBusy(true);
		setError(null);
		try {
			await send('/reports', { from: form.get('from'), to: form.get('to'), language: language.get() });
			say(t('report_done'));
			onMade();
		} catch (failed) {
			setError(failed);
		}
		setBusy(false);
	};
	return html`<${Section} id="make" title=${t('report_make')} lead=${t('report_make_lead')}><form class="fields in-line" onSubmit=${submit}>
		<label>${t('report_from')} <input type="date" name="from" required defaultValue=${first} /></label>
		<label>${t('report_to')} <input type="date" name="to" required defaultValue=${last} /></label>
		<button type="submit" class="button is-first" disabled=${isBusy}>${isBusy ? t('report_busy') : t('report_run')}</button></form>
		<${Refused} error=${error} /></${Section}>`;
}

export function Page() {
	const answer = useApi('/reports', {}, { on: ['state'] });
	const may = session.get()?.may?.includes('reporting');
	return html`<header class="page-head"><div><h1>${t('page_reports')}</h1><p class="lead-more">${t('reports_lead')}</p></div></header>
		<${Answer} of=${answer} rows=${4} isEmpty=${(one) => one.reports.length === 0} empty=${html`<${Empty} title=${t('reports_none')}>${may ? t('reports_none_do') : ''}</${Empty}>`}>
			${(one) => html`<${Table} caption=${t('page_reports')} columns=${columns()} rows=${one.reports} rowKey=${(report) => report.id} />`}</${Answer}>
		${may && answer.error?.status !== 501 && html`<${Make} onMade=${answer.again} />`}`;
}

// Any question: filters, grouping, order; a chart and a table, and the flows behind them.
import { html } from '../core/dom.js';
import { t } from '../core/messages.js';

export const Page = () => html`<h1>${t('page_explore')}</h1>`;

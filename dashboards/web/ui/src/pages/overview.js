// What leaves where, under whose control, and is that unusual?
import { html } from '../core/dom.js';
import { t } from '../core/messages.js';

export const Page = () => html`<h1>${t('page_overview')}</h1>`;

// A part of a page under a rule: its heading, one line of what it says, and what can be done with it.
import { html } from '../core/dom.js';

export const Section = ({ title, lead, end, children, id }) => html`<section class="section" aria-labelledby=${`${id}-title`}>
	<div class="section-head"><h2 id=${`${id}-title`}>${title}</h2>${lead && html`<p>${lead}</p>`}${end && html`<div class="section-end">${end}</div>`}</div>
	${children}</section>`;

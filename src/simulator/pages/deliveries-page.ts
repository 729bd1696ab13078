import type { Delivery } from '../deliveries.ts';
import { notFound } from '../http/errors.ts';
import { moment } from './bits.ts';
import { type Html, html } from './html.ts';
import type { Page, Visit } from './visit.ts';

const SHOWN = 100;

/** What was sent to the App's webhook, newest first. */
export function deliveriesPage({ world }: Visit): Page {
  const { hook, log } = world.deliveries;
  return {
    title: 'Deliveries',
    says: `${log.length} deliveries`,
    main: html`<h1>Deliveries</h1>
<p class="muted">${hook.url ? html`To <code>${hook.url}</code>.` : 'The App has no webhook address; nothing is sent.'}
The ${SHOWN} newest are shown.</p>
<div id="deliveries" data-live class="scroll" tabindex="0" role="region" aria-label="Table of deliveries"><table>
<thead><tr><th>Status</th><th>Event</th><th>Time</th><th>Took</th><th>Delivery</th><th>Again</th></tr></thead>
<tbody>${log.slice(-SHOWN).reverse().map(row)}</tbody></table></div>`,
  };
}

function row(delivery: Delivery): Html {
  const { status, event, action, deliveredAt, duration, guid, redelivery, id } = delivery;
  const good = status >= 200 && status < 300;
  return html`<tr>
<td><span class="check ${good ? 'good' : 'bad'}"><span aria-hidden="true">${good ? '✓' : '✕'}</span> ${status || delivery.statusText}</span></td>
<td>${event}${action && `.${action}`} ${redelivery && html`<span class="tag">again</span>`}</td>
<td>${moment(deliveredAt)}</td><td>${Math.round(duration * 1000)} ms</td><td><code>${guid.slice(0, 8)}</code></td>
<td><form method="post" action="/deliveries/${id}"><button class="small" aria-label="Redeliver ${event} ${guid.slice(0, 8)}">Redeliver</button></form></td>
</tr>`;
}

export function postRedelivery({ world, params }: Visit): string {
  const delivery = world.deliveries.log.find(({ id }) => id === Number(params.id));
  if (!delivery) throw notFound();
  world.deliveries.redeliver(delivery);
  return '/deliveries';
}

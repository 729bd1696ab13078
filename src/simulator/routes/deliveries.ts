import type { Delivery } from '../deliveries.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import { type Answer, type Call, ok, type Route } from '../http/route.ts';
import { time } from '../shape/common.ts';

export const deliveryRoutes: readonly Route[] = [
  { method: 'GET', path: '/app/hook/config', access: 'app', handle: config },
  { method: 'GET', path: '/app/hook/deliveries', access: 'app', handle: list },
  { method: 'GET', path: '/app/hook/deliveries/:id', access: 'app', handle: call => ok(shape(one(call))) },
  { method: 'POST', path: '/app/hook/deliveries/:id/attempts', access: 'app', handle: redeliver },
];

function config({ world }: Call): Answer {
  return ok({
    content_type: 'json',
    insecure_ssl: '0',
    secret: '********',
    url: world.deliveries.hook.url ?? '',
  });
}

/** Newest first; `cursor` goes on where the page before ended, as the Link header says. */
function list(call: Call): Answer {
  const { cursor, status, per_page } = call.query;
  const size = Math.min(100, Number(per_page) || 30);
  const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
  if (Number.isNaN(before)) throw new GitHubError(400, 'Invalid cursor');
  const failed = (delivery: Delivery) => delivery.status < 200 || delivery.status > 399;
  const found = [...call.world.deliveries.log]
    .reverse()
    .filter(
      delivery => delivery.id < before && (status ? failed(delivery) === (status === 'failure') : true),
    );
  const page = found.slice(0, size);
  const last = page.at(-1);
  const query = new URLSearchParams({ ...call.query, cursor: String(last?.id) });
  const link = `<${call.world.url}${call.path}?${query}>; rel="next"`;
  return { status: 200, body: page.map(shapeItem), headers: found.length > size ? { link } : {} };
}

function one(call: Call): Delivery {
  const delivery = call.world.deliveries.log.find(({ id }) => id === Number(call.params.id));
  if (!delivery) throw notFound();
  return delivery;
}

/** GitHub's `hook-delivery-item`. */
function shapeItem(delivery: Delivery) {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: time(delivery.deliveredAt),
    redelivery: delivery.redelivery,
    duration: delivery.duration,
    status: delivery.statusText,
    status_code: delivery.status,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}

function shape(delivery: Delivery) {
  return {
    ...shapeItem(delivery),
    url: '',
    request: { headers: delivery.requestHeaders, payload: delivery.payload },
    response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
  };
}

function redeliver(call: Call): Answer {
  call.world.deliveries.redeliver(one(call));
  return { status: 202, body: {} };
}

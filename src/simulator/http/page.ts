import type { Answer, Call } from './route.ts';

/** One page of a list, by `per_page` (30, at most 100) and `page`, with GitHub's Link header. */
export function paged<T>(call: Call, items: readonly T[], shape: (item: T) => unknown): Answer {
  const { slice, headers } = cut(call, items);
  return { status: 200, headers, body: slice.map(shape) };
}

/** The same for lists that come as `{ total_count, [name]: [...] }`. */
export function pagedUnder<T>(
  call: Call,
  name: string,
  items: readonly T[],
  shape: (item: T) => unknown,
): Answer {
  const { slice, headers } = cut(call, items);
  return { status: 200, headers, body: { total_count: items.length, [name]: slice.map(shape) } };
}

function cut<T>(call: Call, items: readonly T[]): { slice: T[]; headers: Record<string, string> } {
  const size = Math.min(100, positive(call.query.per_page, 30));
  const page = positive(call.query.page, 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const links: string[] = [];
  if (page > 1) links.push(link(call, page - 1, 'prev'));
  if (page < last) links.push(link(call, page + 1, 'next'), link(call, last, 'last'));
  if (page > 1) links.push(link(call, 1, 'first'));
  const headers: Record<string, string> = links.length > 0 ? { link: links.join(', ') } : {};
  return { slice: items.slice((page - 1) * size, page * size), headers };
}

function positive(value: string | undefined, otherwise: number): number {
  const number = Number(value);
  return Number.isInteger(number) && number > 0 ? number : otherwise;
}

function link(call: Call, page: number, relation: string): string {
  const query = new URLSearchParams({ ...call.query, page: String(page) });
  return `<${call.world.url}${call.path}?${query}>; rel="${relation}"`;
}

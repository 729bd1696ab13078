import type { Need } from '../../src/simulator/http/route.ts';
import type { Exchange } from '../../src/simulator/observers.ts';
import { ROUTES } from '../../src/simulator/routes/index.ts';

/** The permissions one of which an App needs for an exchange; none for routes that need only the App itself. */
export function needsOf({ method, path }: Pick<Exchange, 'method' | 'path'>): readonly Need[] {
  const matching = ROUTES.filter(route => route.method === method && patternOf(route.path).test(path));
  // As the server does, the route with fewer open places comes first.
  matching.sort((one, other) => openPlaces(one.path) - openPlaces(other.path));
  const [route] = matching;
  if (!route) throw new Error(`the simulator has no route for ${method} ${path}`);
  return 'needs' in route ? route.needs : [];
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\/\*$/, '/.*').replace(/:\w+/g, '[^/]+')}$`);
}

function openPlaces(path: string): number {
  return path.split(/[:*]/).length;
}

import type { Route } from './route.ts';

/** The parameters of a path, such as `id`. */
export type Params = Readonly<Record<string, string>>;

export interface RouteTable {
  /** Returns the route of a method and a path, with the parameters of the path. HEAD has the routes of GET. */
  find(method: string, path: string): FoundRoute | undefined;
  /** Returns the methods that a path has, none for an unknown path. */
  listMethods(path: string): readonly string[];
}

export interface FoundRoute {
  readonly route: Route;
  readonly params: Params;
}

/**
 * Creates the table of the routes. A path must match exactly, including case and trailing slash, so that no other
 * spelling of the path bypasses the rules of a proxy for this path. A path without parameters takes one look-up.
 */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const entries = routes.map(toEntry);
  const exact = new Map<string, FoundRoute>();
  for (const { route, methods } of entries) {
    if (route.path.includes(':')) continue; // else `/things/:id` as it stands would be a request without an id
    for (const method of methods) exact.set(`${method} ${route.path}`, { route, params: {} });
  }
  return {
    find: (method, path) => exact.get(`${method} ${path}`) ?? findByPattern(entries, method, path),
    listMethods(path) {
      const found = entries.filter(({ pattern }) => pattern.test(path));
      return [...new Set(found.flatMap(({ methods }) => methods))];
    },
  };
}

interface Entry {
  readonly route: Route;
  readonly methods: readonly string[];
  /** Matches the whole path. Each parameter is a named group. */
  readonly pattern: RegExp;
}

function toEntry(route: Route): Entry {
  const method = route.method.toUpperCase();
  const parts = route.path.split('/').map((part) => {
    return part.startsWith(':') ? `(?<${part.slice(1)}>[^/]+)` : part.replaceAll('.', '\\.');
  });
  return {
    route,
    methods: method === 'GET' ? ['HEAD', 'GET'] : [method],
    pattern: new RegExp(`^${parts.join('/')}$`),
  };
}

function findByPattern(
  entries: readonly Entry[],
  method: string,
  path: string,
): FoundRoute | undefined {
  for (const { route, methods, pattern } of entries) {
    const groups = methods.includes(method) ? pattern.exec(path)?.groups : undefined;
    if (groups !== undefined) return { route, params: decodeAll(groups) };
  }
  return undefined;
}

function decodeAll(groups: Params): Params {
  const decoded = Object.entries(groups).map(([name, text]) => [name, decode(text)]);
  return Object.fromEntries(decoded);
}

/** Decodes a part of a path. Returns text that is not encoded validly as it is: no id is spelled so. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

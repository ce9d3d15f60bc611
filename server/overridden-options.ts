import type { Connection } from '../lib/store/database.ts';

/** Tells in one sentence, if any, which options of the URI are not as it says. */
export function overriddenOptions({ overridden }: Pick<Connection, 'overridden'>): string[] {
  if (overridden.length === 0) return [];
  const names = overridden.join(', ');
  return [`Options of MONGODB_URI that rescind sets itself, whatever they say: ${names}`];
}

import type { Collections } from '../../../../lib/store/mongo/collections.ts';

type Entries = Collections['revokedTokens'];
type Write = () => Promise<unknown>;

const WRITES: ReadonlySet<PropertyKey> = new Set(['bulkWrite', 'findOneAndUpdate']);

/** Wraps the collection: something is done before, after or in place of each of its writes. */
export function interceptWrites(
  entries: Entries,
  around: (write: Write) => Promise<unknown>,
): Entries {
  return new Proxy(entries, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (!WRITES.has(name)) return value.bind(target);
      return (...args: unknown[]) => around(() => value.apply(target, args));
    },
  });
}

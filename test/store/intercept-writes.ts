import type { Collections } from '../../lib/store/collections.ts';

type Entries = Collections['revokedTokens'];
type Write = () => ReturnType<Entries['bulkWrite']>;

/** The collection, with something done around each of its writes: before, after, or in its place. */
export function interceptWrites(
  entries: Entries,
  around: (write: Write) => ReturnType<Entries['bulkWrite']>,
): Entries {
  return new Proxy(entries, {
    get(target, name) {
      if (name === 'bulkWrite') {
        return (...args: Parameters<Entries['bulkWrite']>) =>
          around(() => target.bulkWrite(...args));
      }
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

import fc from 'fast-check';

/** The builders are constants: fast-check caches what they build. */
const nat = () => fc.noBias(fc.nat());
const string = (minLength: number, maxLength: number) =>
  fc.string({ unit: 'binary', minLength, maxLength });
const uint8s = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const jsonValue = (maxDepth: number) => fc.jsonValue({ maxDepth });

export type Random = ReturnType<typeof createRandom>;

/** Creates random choices that the same seed repeats. Limits are exclusive, lengths and depths are not. */
export function createRandom(generate: fc.GeneratorValue) {
  const below = (limit: number) => generate(nat) % Math.max(1, limit);
  return {
    below,
    pick: <T>(values: readonly T[]) => values[below(values.length)] as T,
    /** Picks some of the values, at least one, in any order. */
    some<T>(values: readonly T[]): T[] {
      const left = [...values];
      const picked: T[] = [];
      for (let n = below(left.length); n >= 0; n--) {
        picked.push(...left.splice(below(left.length), 1));
      }
      return picked;
    },
    text: (minLength: number, maxLength: number) => generate(string, minLength, maxLength),
    bytes: (minLength: number, maxLength: number) =>
      Buffer.from(generate(uint8s, minLength, maxLength)),
    json: (maxDepth: number) => JSON.stringify(generate(jsonValue, maxDepth)),
  };
}

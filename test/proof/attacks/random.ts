import fc from 'fast-check';

/** Random choices that the same seed repeats. */
export interface Random {
  /** Returns an integer from 0 to `limit` - 1; 0 for a limit below 1. */
  below(limit: number): number;
  pick<T>(values: readonly T[]): T;
  shuffle<T>(values: readonly T[]): T[];
  /** Returns characters from all of Unicode. */
  text(minLength: number, maxLength: number): string;
  bytes(minLength: number, maxLength: number): Buffer;
  /** Returns a JSON text, nested at most `maxDepth` deep. */
  json(maxDepth: number): string;
}

/** The builders are constants because fast-check caches what they build. */
const nat = () => fc.noBias(fc.nat());
const string = (minLength: number, maxLength: number) =>
  fc.string({ unit: 'binary', minLength, maxLength });
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const json = (maxDepth: number) => fc.jsonValue({ maxDepth });

export function createRandom(generate: fc.GeneratorValue): Random {
  const below = (limit: number) => generate(nat) % Math.max(1, limit);
  return {
    below,
    pick: <T>(values: readonly T[]) => values[below(values.length)] as T,
    shuffle: (values) =>
      values
        .map((value) => ({ value, order: generate(nat) }))
        .sort((one, other) => one.order - other.order)
        .map(({ value }) => value),
    text: (min, max) => generate(string, min, max),
    bytes: (min, max) => Buffer.from(generate(bytes, min, max)),
    json: (maxDepth) => JSON.stringify(generate(json, maxDepth)),
  };
}

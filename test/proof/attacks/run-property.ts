import fc from 'fast-check';

export interface PropertyRun {
  readonly name: string;
  /** How many batches. */
  readonly batches: number;
  /** Told of each batch that has been judged. */
  readonly progress: () => void;
}

/**
 * Runs a property whose values are batches of requests. Answers what went wrong and how to have it again;
 * undefined where nothing did. The seed and the path to a batch are taken from ATTACKS_SEED and ATTACKS_PATH.
 */
export async function runProperty<T>(
  { name, batches, progress }: PropertyRun,
  values: fc.Arbitrary<T>,
  assertHolds: (value: T) => Promise<void>,
): Promise<string | undefined> {
  const property = fc.asyncProperty(values, async (value) => {
    await assertHolds(value);
    progress();
  });
  const path = process.env['ATTACKS_PATH'];
  const again = { seed: seed(), ...(path && { path }) };
  // The error names the one request in the batch, so there is nothing to shrink.
  const run = await fc.check(property, { ...again, numRuns: batches, endOnFailure: true });
  if (!run.failed) return undefined;
  const message = run.errorInstance instanceof Error ? run.errorInstance.message : 'no error';
  return `${name}: ${message} (ATTACKS_SEED=${run.seed} ATTACKS_PATH=${run.counterexamplePath})`;
}

let drawn: number | undefined;

/** One seed for all that is run together. */
export function seed(): number {
  drawn ??= Number(process.env['ATTACKS_SEED'] ?? Date.now() % 2 ** 31);
  return drawn;
}

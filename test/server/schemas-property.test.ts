import test from 'ava';
import fc from 'fast-check';
import * as z from 'zod';
import type { Route } from '../../server/route.ts';
import { routes } from '../../server/routes.ts';

const OPERATORS = ['$ne', '$gt', '$regex', '$where', '$in', '$expr', '__proto__', 'constructor'];

/** Strings, and all that a client may send in place of one. */
const value = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'true',
      'false',
      '1',
      '200',
      '2026-11-24T09:30:00Z',
      'x'.repeat(2_000),
    ),
  },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  {
    weight: 2,
    arbitrary: fc.dictionary(fc.constantFrom(...OPERATORS), fc.jsonValue({ maxDepth: 1 }), {
      maxKeys: 2,
    }),
  },
  { weight: 1, arbitrary: fc.array(fc.string(), { maxLength: 2 }) },
);

/** Objects with the names that the schema knows, and now and then another. */
function inputsFor(schema: z.ZodType): fc.Arbitrary<object> {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const known = Object.keys(properties);
  const some = fc
    .subarray(known)
    .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, value]))));
  const odd = fc.constantFrom(...OPERATORS, ...known.map((name) => `${name} `));
  const extra = fc.option(fc.dictionary(odd, value, { maxKeys: 1 }), { nil: {}, freq: 1 });
  return fc.tuple(some, extra).map(([right, wrong]) => ({ ...right, ...wrong }));
}

/** Returns true for a value that a filter may hold: an object could hold an operator. */
function isPlain(leaf: unknown): boolean {
  return (
    typeof leaf === 'string' ||
    typeof leaf === 'boolean' ||
    Number.isSafeInteger(leaf) ||
    (leaf instanceof Date && !Number.isNaN(leaf.getTime()))
  );
}

/** Asserts that every input that the schema accepts fits the rule, and that the schema accepts some input. */
function alwaysAccepts(schema: z.ZodType, rule: (leaf: unknown) => boolean) {
  let accepted = 0;
  fc.assert(
    fc.property(inputsFor(schema), (input) => {
      const result = schema.safeParse(input);
      if (!result.success) return true;
      accepted++;
      return Object.values(result.data as object).every((leaf) => leaf === undefined || rule(leaf));
    }),
    { numRuns: 2_000 },
  );
  return accepted;
}

const toName = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`;

for (const route of routes) {
  if (route.body !== undefined) {
    const { body } = route;
    test(`${toName(route)}: whatever body its schema accepts, each field is a string`, (t) => {
      t.true(alwaysAccepts(body, (leaf) => typeof leaf === 'string') > 0);
    });
  }
  if (route.query !== undefined) {
    const { query } = route;
    test(`${toName(route)}: whatever query its schema accepts, no part of it is an object`, (t) => {
      t.true(alwaysAccepts(query, isPlain) > 0);
    });
  }
}

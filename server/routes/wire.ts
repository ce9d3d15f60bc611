import * as z from 'zod';

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type Presence<Schema> = Schema extends z.ZodLiteral
  ? 'constant'
  : undefined extends z.input<Schema>
    ? 'optional'
    : 'required';

type Members<Shape extends z.ZodRawShape, Kind> = {
  readonly [Name in keyof Shape & string as Presence<Shape[Name]> extends Kind
    ? CamelCase<Name>
    : never]: WireSource<Shape[Name]>;
};

/** The input of `toWire` for a schema. Names are in camelCase, times are of type `Date`, and literals are omitted. */
export type WireSource<Schema> =
  Schema extends z.ZodObject<infer Shape>
    ? Members<Shape, 'required'> & Partial<Members<Shape, 'optional'>>
    : Schema extends z.ZodArray<infer Item>
      ? readonly WireSource<Item>[]
      : Schema extends z.ZodISODateTime
        ? Date
        : z.input<Schema>;

/**
 * Converts a value to the body of a response, with only the members of the schema, in snake_case. Literals come from
 * the schema. JSON.stringify converts each `Date` later.
 */
export function toWire<Schema extends z.ZodObject>(schema: Schema, source: WireSource<Schema>) {
  let write = writers.get(schema);
  if (write === undefined) {
    write = createWriter(schema);
    writers.set(schema, write);
  }
  return write(source) as z.output<Schema>;
}

type Writer = (value: unknown) => unknown;

const writers = new WeakMap<z.ZodObject, Writer>();

function createWriter(schema: z.core.$ZodType): Writer {
  if (schema instanceof z.ZodLiteral) return () => schema.value;
  if (schema instanceof z.ZodArray) {
    const writeItem = createWriter(schema.element);
    return (items) => (items as unknown[]).map(writeItem);
  }
  if (!(schema instanceof z.ZodObject)) return (value) => value;
  const members = Object.entries<z.core.$ZodType>(schema.shape).map(
    ([name, member]) => [name, toCamelCase(name), createWriter(member)] as const,
  );
  return (value) => {
    const source = value as Readonly<Record<string, unknown>>;
    const answer: Record<string, unknown> = {};
    for (const [name, key, write] of members) answer[name] = write(source[key]);
    return answer;
  };
}

function toCamelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

import type { Environment } from './environment.ts';

/** The settings that are keys, or lists of keys, by their bytes: another character is another key. */
const KEYS: ReadonlySet<string> = new Set(['JWT_SECRET_KEY', 'JWT_SECRET_KEY_PREVIOUS']);

/** The settings that have several lines. */
const PEMS: ReadonlySet<string> = new Set(['JWT_PRIVATE_KEY', 'JWT_PUBLIC_KEYS']);
const LINES: ReadonlySet<string> = new Set(['JWT_SECRET_KEY_PREVIOUS', ...PEMS]);

/** Also with the backslash that JSON in JSON leaves, and what stood behind the value in JSON or code. */
const QUOTED =
  /^(?:\\?"([\s\S]*?)\\?"|\\?'([\s\S]*?)\\?'|`([\s\S]*)`|[“”„]([\s\S]*)[“”]|[‘’‚]([\s\S]*)[‘’]|«([\s\S]*)»|&quot;([\s\S]*)&quot;)[,;]?$/;

const LINE_BREAKS = /[\t\r\n]/;

/** Controls, bytes that were no text, and the spaces and characters without a width that editors and web pages leave. */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff\ufff9-\ufffd]/;

/** A sign of shells, JSON or code beside a key in hexadecimal or base64, which has none. */
const STRAY = /^(?:["'`][\w+/=.-]{32,}|[\w+/=.-]{32,}(?:["'`\\,;]|\\r?\\?n|%0[AD]))$/;

/**
 * Puts right what was added to values on their way: quotes that `docker run --env-file` keeps. Those around a
 * key may have been a part of it so far, so they are a problem, as are characters that nobody sees.
 */
export function intactValues(env: Environment, names: readonly string[]) {
  const values: Record<string, string | undefined> = { ...env };
  const problems: string[] = [];
  for (const name of names) {
    const value = env[name]?.trim();
    if (value === undefined) continue;
    const bare = unquoted(value);
    const fault = faultOf({ name, whole: value, bare });
    if (fault !== undefined) problems.push(`${name} ${fault}`);
    if (bare !== value) values[name] = bare;
  }
  return { values, problems };
}

/** Takes the quotes off a value that stands in some. */
export function unquoted(value: string): string {
  const [, ...inside] = QUOTED.exec(value) ?? [];
  return inside.find((text) => text !== undefined) ?? value;
}

/** In this order; the first that speaks is told. */
const CHECKS: readonly (readonly [isBroken: (value: Value) => boolean, fault: string])[] = [
  [({ whole }) => INVISIBLE.test(whole), 'has a character that cannot be seen. Type it anew'],
  [
    ({ name, whole }) => !LINES.has(name) && LINE_BREAKS.test(whole),
    'has a line break or a tab in it',
  ],
  [
    ({ name, bare }) => [name, ...KEYS].some((each) => beginsWithName(bare, each)),
    'begins with the name of a setting. Only what is behind the = belongs there',
  ],
  [
    ({ name, bare }) => !PEMS.has(name) && /(?:^|\s)#\s|\s#/.test(bare),
    'has a # beside a space: a comment in .env, and a part of the value for docker run --env-file. Remove it, and what follows',
  ],
  [
    ({ bare }) => /^\{\s*"[\s\S]*\}$/.test(bare),
    'is a JSON object. Only the value of one member belongs there',
  ],
  [
    ({ name, bare }) => KEYS.has(name) && STRAY.test(bare),
    'has a quote, comma, semicolon, backslash or line end beside it that seems to be no part of it. Remove it',
  ],
  [
    ({ name, whole, bare }) => KEYS.has(name) && bare !== whole,
    'has quotes around it, which docker run --env-file keeps as a part of the value. Remove them; if tokens were ' +
      'signed with them, they are good no longer',
  ],
];

/** A value as it was found, and without quotes around it. */
interface Value {
  readonly name: string;
  readonly whole: string;
  readonly bare: string;
}

function faultOf(value: Value): string | undefined {
  return CHECKS.find(([isBroken]) => isBroken(value))?.[1];
}

function beginsWithName(text: string, name: string): boolean {
  return new RegExp(`^(?:export\\s+)?${name}\\s*=`).test(text);
}

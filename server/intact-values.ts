import type { Environment } from './environment.ts';

/** The settings that are keys, or lists of keys, by their bytes: another character is another key. */
const KEYS: ReadonlySet<string> = new Set(['JWT_SECRET_KEY', 'JWT_SECRET_KEY_PREVIOUS']);

/** The settings that have several lines. */
const LINES: ReadonlySet<string> = new Set([
  'JWT_SECRET_KEY_PREVIOUS',
  'JWT_PRIVATE_KEY',
  'JWT_PUBLIC_KEYS',
]);

const QUOTED = /^(?:"([\s\S]*)"|'([\s\S]*)'|`([\s\S]*)`|[“”„]([\s\S]*)[“”]|[‘’‚]([\s\S]*)[‘’])$/;

const LINE_BREAKS = /[\t\r\n]/;

/** Controls, and the characters without a width that editors and web pages leave in a text. */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/;

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
    const fault = faultOf(name, value, bare);
    if (fault !== undefined) problems.push(`${name} ${fault}`);
    if (bare !== value) values[name] = bare;
  }
  return { values, problems };
}

function unquoted(value: string): string {
  const [, ...inside] = QUOTED.exec(value) ?? [];
  return inside.find((text) => text !== undefined) ?? value;
}

function faultOf(name: string, value: string, bare: string): string | undefined {
  if (INVISIBLE.test(value)) return 'has a character that cannot be seen. Type it anew';
  if (!LINES.has(name) && LINE_BREAKS.test(value)) return 'has a line break or a tab in it';
  return KEYS.has(name) && bare !== value ? QUOTES_KEPT : undefined;
}

const QUOTES_KEPT =
  'has quotes around it, which docker run --env-file keeps as a part of the value. Remove them; if tokens were ' +
  'signed with them, they are good no longer';

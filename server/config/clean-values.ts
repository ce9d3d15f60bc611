import type { Environment } from './env.ts';

/** Settings that are checked for stray characters, because an added quote or comma would change the secret. */
const KEYS: ReadonlySet<string> = new Set(['JWT_SECRET_KEY', 'JWT_SECRET_KEY_PREVIOUS']);

/** Settings in PEM, which may have several lines. */
const PEMS: ReadonlySet<string> = new Set(['JWT_PRIVATE_KEY', 'JWT_PUBLIC_KEYS']);
const LINES: ReadonlySet<string> = new Set(['JWT_SECRET_KEY_PREVIOUS', ...PEMS]);

/** Matches a quoted value. Backslashes may escape the quotes. A comma or semicolon may follow. */
const QUOTED =
  /^(?:\\?"([\s\S]*?)\\?"|\\?'([\s\S]*?)\\?'|`([\s\S]*)`|[“”„]([\s\S]*)[“”]|[‘’‚]([\s\S]*)[‘’]|«([\s\S]*)»|&quot;([\s\S]*)&quot;)[,;]?$/;

const LINE_BREAKS = /[\t\r\n]/;

/** Matches a control character, an undecodable byte, a special space, or a zero-width character. */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finds control characters
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff\ufff9-\ufffd]/;

/** Matches a hexadecimal or base64 secret that begins or ends with a stray character, such as a quote or comma. */
const STRAY = /^(?:["'`][\w+/=.-]{32,}|[\w+/=.-]{32,}(?:["'`\\,;]|\\r?\\?n|%0[AD]))$/;

/**
 * Removes the quotes that `docker run --env-file` keeps around values. Reports quotes around a secret as a problem,
 * because tokens signed with the quotes as part of the secret become invalid. Also reports invisible and stray
 * characters.
 */
export function cleanValues(env: Environment, names: readonly string[]) {
  const values: Record<string, string | undefined> = { ...env };
  const problems: string[] = [];
  for (const name of names) {
    const value = env[name]?.trim();
    if (value === undefined) continue;
    const bare = unquote(value);
    const fault = findFault({ name, whole: value, bare });
    if (fault !== undefined) problems.push(`${name} ${fault}`);
    if (bare !== value) values[name] = bare;
  }
  return { values, problems };
}

export function unquote(value: string): string {
  const [, ...inside] = QUOTED.exec(value) ?? [];
  return inside.find((text) => text !== undefined) ?? value;
}

/** The checks in order. Only the first fault of a value is reported. */
const CHECKS: readonly (readonly [isBroken: (value: Value) => boolean, fault: string])[] = [
  [({ whole }) => INVISIBLE.test(whole), 'has an invisible character. Type the value again'],
  [
    ({ name, whole }) => !LINES.has(name) && LINE_BREAKS.test(whole),
    'has a line break or a tab. Remove it',
  ],
  [
    ({ name, bare }) => [name, ...KEYS].some((each) => beginsWithName(bare, each)),
    'begins with the name of a setting. Keep only what follows the =',
  ],
  [
    ({ name, bare }) => !PEMS.has(name) && /(?:^|\s)#\s|\s#/.test(bare),
    'has a # next to a space. docker run --env-file keeps such a comment as part of the value. Remove the comment',
  ],
  [
    ({ bare }) => /^\{\s*"[\s\S]*\}$/.test(bare),
    'is a JSON object. Use only the value of one member',
  ],
  [
    ({ name, bare }) => KEYS.has(name) && STRAY.test(bare),
    'has a stray quote, comma, semicolon, backslash or line end before or after the key. Remove that character',
  ],
  [
    ({ name, whole, bare }) => KEYS.has(name) && bare !== whole,
    'has quotes around it, which docker run --env-file keeps as part of the value. Remove the quotes. Tokens ' +
      'that were signed with the quotes then become invalid',
  ],
];

/** A value with (`whole`) and without (`bare`) the quotes around it. */
interface Value {
  readonly name: string;
  readonly whole: string;
  readonly bare: string;
}

function findFault(value: Value): string | undefined {
  return CHECKS.find(([isBroken]) => isBroken(value))?.[1];
}

function beginsWithName(text: string, name: string): boolean {
  return new RegExp(`^(?:export\\s+)?${name}\\s*=`).test(text);
}

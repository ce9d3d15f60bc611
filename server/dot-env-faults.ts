/** A variable: its name, its value in quotes where it has some, and the rest of the line. */
const VARIABLE =
  /^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*("[^"]*"|'[^']*'|`[^`]*`)?([^\r\n]*)$/gm;

const TYPOGRAPHIC = /^[“”„‘’‚«»]/;

/**
 * Finds the variables of a `.env` whose value Node would read otherwise than it is written: cut off at a `#`, or
 * with quotes that it does not close or does not know. Returns a sentence for each, without the value.
 */
export function dotEnvFaults(text: string, isSetting: (name: string) => boolean): string[] {
  const seen = new Map<string, string>();
  const faults: string[] = [];
  for (const [, name = '', quoted, rest = ''] of text.matchAll(VARIABLE)) {
    if (!isSetting(name)) continue;
    const value = quoted ?? rest.trim();
    const fault = faultOf(quoted, rest) ?? secondFault(seen.get(name), value);
    if (fault !== undefined) faults.push(`${name} in .env ${fault}`);
    seen.set(name, value);
  }
  return faults;
}

function faultOf(quoted: string | undefined, rest: string): string | undefined {
  const isBare = quoted === undefined;
  if (!isBare) return /^(\s+#.*|\s*)$/.test(rest) ? undefined : 'goes on behind its closing quote';
  if (/^["'`]/.test(rest)) return 'has a quote that is not closed';
  if (TYPOGRAPHIC.test(rest)) return 'has typographic quotes. Use plain ones';
  const isCut = /^[^\s#]*#|\S#/.test(rest);
  return isCut ? 'has a # that begins a comment there. Put the value into quotes' : undefined;
}

function secondFault(first: string | undefined, value: string): string | undefined {
  return first === undefined || first === value ? undefined : 'is there twice. Keep one of them';
}

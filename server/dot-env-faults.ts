/** A variable: its name, its value in quotes where it has some, and the rest of the line. */
const VARIABLE =
  /^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*("[^"]*"|'[^']*'|`[^`]*`)?([^\r\n]*)$/gm;

/** The line behind a variable, where it is neither empty, nor a comment, nor a variable: the end of base64 looks like one. */
const GOES_ON =
  /^\r?\n(?![ \t]*(?:#|\r?$|(?:export[ \t]+)?[\w.-]+[ \t]*=(?!=?\r?$)|(?:[A-Z\d_]+|\w{1,15})[ \t]*=\r?$))./m;

const TYPOGRAPHIC = /^[“”„‘’‚«»]/;

/**
 * Finds the variables of a `.env` whose value Node would read otherwise than it is written: cut off at a `#` or at
 * the end of the line, or with quotes that it does not close or does not know. Returns a sentence for each, without the value.
 */
export function dotEnvFaults(text: string, isSetting: (name: string) => boolean): string[] {
  const seen = new Map<string, string>();
  const faults: string[] = [];
  for (const { 0: whole, 1: name = '', 2: quoted, 3: rest = '', index } of text.matchAll(
    VARIABLE,
  )) {
    if (!isSetting(name)) continue;
    const value = quoted ?? rest.trim();
    const behind = quoted === undefined ? text.slice(index + whole.length) : '';
    const fault =
      faultOf(quoted, rest) ?? lineFault(rest, behind) ?? secondFault(seen.get(name), value);
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

/** Every reader takes these in another way: Node ends the value with the line, shells may not. */
function lineFault(rest: string, behind: string): string | undefined {
  if (/\\\s*$/.test(rest)) return 'ends with a backslash. Put the value into single quotes';
  return GOES_ON.test(behind) ? GOES_ON_FAULT : undefined;
}

const GOES_ON_FAULT =
  'is followed by a line that is no variable. If the value goes on there, write it on one line; else remove that line';

function secondFault(first: string | undefined, value: string): string | undefined {
  return first === undefined || first === value ? undefined : 'is there twice. Keep one of them';
}

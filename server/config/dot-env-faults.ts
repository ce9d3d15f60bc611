/** Matches a variable: its name, its value if the value is quoted, and the rest of the line. */
const VARIABLE =
  /^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*("[^"]*"|'[^']*'|`[^`]*`)?([^\r\n]*)$/gm;

/** Matches a line that continues a value, e.g. base64 that ends with `=`. Excludes variables, comments, empty lines. */
const CONTINUATION =
  /^\r?\n(?![ \t]*(?:#|\r?$|(?:export[ \t]+)?[\w.-]+[ \t]*=(?!=?\r?$)|(?:[A-Z\d_]+|\w{1,15})[ \t]*=\r?$))./m;

const TYPOGRAPHIC = /^[“”„‘’‚«»]/;

/**
 * Finds variables of a `.env` that Node would not parse as intended: values cut at a `#` or at the line end, broken
 * quotes, and duplicates. Returns a sentence for each, without the value.
 */
export function dotEnvFaults(text: string, isSetting: (name: string) => boolean): string[] {
  const seen = new Map<string, string>();
  const faults: string[] = [];
  for (const { 0: whole, 1: name = '', 2: quoted, 3: rest = '', index } of text.matchAll(
    VARIABLE,
  )) {
    if (!isSetting(name)) continue;
    const value = quoted ?? rest.trim();
    const following = quoted === undefined ? text.slice(index + whole.length) : '';
    const fault =
      findQuoteFault(quoted, rest) ??
      findLineFault(rest, following) ??
      findDuplicate(seen.get(name), value);
    if (fault !== undefined) faults.push(`${name} in .env ${fault}`);
    seen.set(name, value);
  }
  return faults;
}

function findQuoteFault(quoted: string | undefined, rest: string): string | undefined {
  const isEnd = /^(\s+#.*|\s*)$/.test(rest);
  if (quoted !== undefined)
    return isEnd ? undefined : 'has text after its closing quote. Remove it';
  if (/^["'`]/.test(rest)) return 'has a quote that is not closed. Close it';
  if (TYPOGRAPHIC.test(rest)) return 'has typographic quotes. Use plain quotes';
  const isCut = /^[^\s#]*#|\S#/.test(rest);
  return isCut ? 'has a # that begins a comment. Put the value in quotes' : undefined;
}

/** Finds a value that continues on the next line. Node would silently cut the value at the line end. */
function findLineFault(rest: string, following: string): string | undefined {
  if (/\\\s*$/.test(rest)) return 'ends with a backslash. Put the value in single quotes';
  return CONTINUATION.test(following)
    ? 'is followed by a line that is not a variable. Write the value on one line, or remove that line'
    : undefined;
}

function findDuplicate(first: string | undefined, value: string): string | undefined {
  return first === undefined || first === value ? undefined : 'is set twice. Remove one line';
}

/** Matches the name of a member with its colon, any other string, or a brace outside of strings. */
const TOKENS = /("(?:[^"\\]|\\.)*")[ \t\r\n]*:|"(?:[^"\\]|\\.)*"|[{}]/g;

/**
 * Returns true if an object has duplicate members, even if their names are escaped differently (RFC 8259 section 4).
 * Used because JSON.parse silently keeps only the last duplicate. The text must be valid JSON.
 */
export function hasDuplicates(json: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, name] of json.matchAll(TOKENS)) {
    if (token === '{') open.push(new Set());
    if (token === '}') open.pop();
    if (name !== undefined && !isNew(JSON.parse(name), open.at(-1))) return true;
  }
  return false;
}

function isNew(name: string, names = new Set<string>()): boolean {
  return names.size < names.add(name).size;
}

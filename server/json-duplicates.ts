/** A member's name with its colon, any other string, the start of an object, or its end. */
const TOKENS = /("(?:[^"\\]|\\.)*")[ \t\r\n]*:|"(?:[^"\\]|\\.)*"|[{}]/g;

/**
 * Finds objects with duplicate members, however their names are escaped (RFC 8259 section 4). The text must be
 * valid JSON. Parsers silently keep only the last of duplicates.
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

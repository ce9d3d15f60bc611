/** The name of a member, with its colon; any other string; the beginning of an object; its end. */
const TOKENS = /("(?:[^"\\]|\\.)*")[ \t\r\n]*:|"(?:[^"\\]|\\.)*"|[{}]/g;

/**
 * Tells whether an object in a text has a member twice, however its name is escaped (RFC 8259 section 4).
 * The text has to be valid JSON, of which the last such member is all that a parser keeps.
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

/** The parameters of a form, by name. It has no prototype: `__proto__` is a name like any other. */
export type Form = Readonly<Record<string, string>>;

/**
 * Reads `application/x-www-form-urlencoded`; undefined where an encoding is broken, is not UTF-8, or a
 * parameter is there twice (RFC 6749 section 3.2). One without a value counts as left out. Brackets in
 * names mean nothing.
 */
export function parseForm(text: string): Form | undefined {
  const form: Record<string, string> = Object.create(null);
  const seen = new Set<string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const end = equals === -1 ? pair.length : equals;
    const name = decodeFormText(pair.slice(0, end));
    const value = decodeFormText(pair.slice(end + 1));
    if (name === undefined || value === undefined || seen.has(name)) return undefined;
    seen.add(name);
    if (value !== '') form[name] = value;
  }
  return form;
}

/** One name or value as it stands in a form; undefined where its encoding is broken or not UTF-8. */
export function decodeFormText(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text; // as tokens are, which are long
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

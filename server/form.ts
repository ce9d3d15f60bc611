/** Parameters of a form, by name. The object has no prototype, so `__proto__` is an ordinary name. */
export type Form = Readonly<Record<string, string>>;

/**
 * Parses `application/x-www-form-urlencoded`. Returns undefined for a broken encoding, for text that is not
 * UTF-8, and for a duplicate parameter (RFC 6749 section 3.2). A parameter without a value is omitted. Brackets
 * in names are not interpreted.
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

/** Decodes one name or value of a form. Returns undefined if the encoding is broken or the text is not UTF-8. */
export function decodeFormText(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text; // fast path for tokens, which are long
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

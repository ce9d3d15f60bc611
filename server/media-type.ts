import contentType from 'content-type';

export interface MediaType {
  /** Type and subtype in lower case. */
  readonly type: string;
  /** Parameters by their names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Parses a Content-Type header (RFC 9110 section 8.3). Returns undefined if the header is malformed or has a duplicate
 * parameter (RFC 6838 section 4.3). Accepts empty parameters, as in `application/json;`, and tabs around parameters
 * (RFC 9110 section 5.6.6).
 */
export function parseMediaType(header: string): MediaType | undefined {
  try {
    const tight = header.replace(LOOSE, tighten);
    const parsed = contentType.parse(tight);
    return Object.keys(parsed.parameters).length === countParameters(tight) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Matches quoted strings, empty parameters, and white space. */
const LOOSE = /"(?:[^"\\]|\\.)*"|[ \t]*;[ \t]*(?=;|$)|[ \t]+/g;

/** Removes empty parameters and replaces tabs, because the parser rejects both. Keeps quoted strings. */
function tighten(match: string): string {
  if (match.startsWith('"')) return match;
  return match.includes(';') ? '' : ' ';
}

/** Counts the parameters, including duplicates. If there are duplicates, the parser finds fewer parameters. */
function countParameters(tight: string): number {
  return tight.replace(/"(?:[^"\\]|\\.)*"/g, '').split(';').length - 1;
}

import contentType from 'content-type';

export interface MediaType {
  /** Type and subtype, in lower case. */
  readonly type: string;
  /** The parameters, by their names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Parses a Content-Type header (RFC 9110 section 8.3); undefined where it is malformed, or has a parameter twice
 * (RFC 6838 section 4.3). Parameters may be empty, as in `application/json;`, and tabs may stand around them
 * (section 5.6.6).
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

/** Quoted strings, which stay as they are; empty parameters; and white space. */
const LOOSE = /"(?:[^"\\]|\\.)*"|[ \t]*;[ \t]*(?=;|$)|[ \t]+/g;

/** The parser knows neither an empty parameter nor a tab. */
function tighten(match: string): string {
  if (match.startsWith('"')) return match;
  return match.includes(';') ? '' : ' ';
}

/** The parser keeps the last of two parameters of one name. */
function countParameters(tight: string): number {
  return tight.replace(/"(?:[^"\\]|\\.)*"/g, '').split(';').length - 1;
}

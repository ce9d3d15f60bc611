import contentType from 'content-type';

export interface MediaType {
  /** Type and subtype, in lower case. */
  readonly type: string;
  /** The parameters, by their names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Parses a Content-Type header (RFC 9110 section 8.3); undefined where it is malformed. Parameters may be
 * empty, as in `application/json;`, and tabs may stand around them (section 5.6.6).
 */
export function parseMediaType(header: string): MediaType | undefined {
  try {
    return contentType.parse(header.replace(LOOSE, tighten));
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

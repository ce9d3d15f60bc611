import { isIP } from 'node:net';
import * as z from 'zod';
import { uriFault } from '../../lib/store/mongo/database.ts';
import { DAY, parseDuration, SECOND } from '../../lib/time.ts';
import { privateKeyFault, publicKeysFault } from '../../lib/tokens/keys/key-pair.ts';
import { secretFault } from '../../lib/tokens/keys/secret/rules.ts';
import { GENERATE_NEW } from '../advice.ts';
import { HEADER_NAME } from '../raw-headers.ts';
import { unquote } from './clean-values.ts';

/** A strong secret. */
export const secret = z.string().superRefine((value, context) => {
  const fault = secretFault(value);
  if (fault !== undefined) context.addIssue(`${fault}. ${GENERATE_NEW}`);
});

/** A list of secrets, written as a JSON array, with one secret per line, or separated by commas. */
export const previousSecrets = z.string().transform((text, context) => {
  const { secrets, mayBeCut } = splitSecrets(text.trim());
  if (secrets === undefined)
    context.addIssue('must be a JSON array of strings if it begins with [');
  secrets?.forEach((value, index) => {
    const fault = findSecretFault(value, text);
    if (fault === undefined) return;
    const remedy = mayBeCut ? `${MAY_BE_CUT}. ${LEAVE_OUT}` : LEAVE_OUT;
    context.addIssue(`(secret ${index + 1} of the list) ${fault}. ${remedy}`);
  });
  return mayBeCut ? withJoined(secrets ?? []) : [...(secrets ?? [])];
});

/** Finds the fault of one secret of the list. Quotes around a secret are a fault, except within a JSON array. */
function findSecretFault(value: string, list: string): string | undefined {
  if (!list.trim().startsWith('[') && unquote(value) !== value) return 'has quotes around it';
  return secretFault(value);
}

const MAY_BE_CUT =
  'If a comma is part of the secret, write the list as a JSON array, or one secret per line';

/** Advice for a faulty secret of the list. Does not suggest a new secret, which could not verify the old tokens. */
const LEAVE_OUT =
  'If you cannot correct the secret, remove it from the list. Its tokens are then rejected, and their users must log in again';

interface SecretList {
  readonly secrets?: readonly string[];
  /** True if the list was split at commas. A comma may be part of a secret, so a secret may have been cut. */
  readonly mayBeCut: boolean;
}

function splitSecrets(text: string): SecretList {
  if (text.startsWith('[')) return { ...parseArray(text), mayBeCut: false };
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  if (lines.length > 1) return { secrets: lines, mayBeCut: false };
  const pieces = text.split(',').map((piece) => piece.trim());
  if (pieces.length > 1) return { secrets: pieces, mayBeCut: true };
  return { secrets: [...splitUnusual(text), text], mayBeCut: false };
}

/** Splits at spaces, semicolons or a literal `\n`. Returns an empty list unless each piece is a strong secret. */
function splitUnusual(text: string): readonly string[] {
  const pieces = text.split(/\s+|;|\\r?\\?n/).filter((piece) => piece !== '');
  return pieces.length > 1 && pieces.every((piece) => secretFault(piece) === undefined)
    ? pieces
    : [];
}

/** A character that occurs in passwords, but not in hexadecimal or base64. */
const PASSWORD_CHARACTER = /[^\w+/=.~-]/;

/**
 * Returns the pieces, and runs of adjacent pieces joined by commas, because a secret may contain commas. Omits runs of
 * hexadecimal or base64, which contain no commas. Wrong secrets are harmless, because they never sign.
 */
function withJoined(pieces: readonly string[]): string[] {
  const joined = pieces.flatMap((_, start) =>
    pieces.slice(start + 1).map((_, more) => pieces.slice(start, start + more + 2).join(',')),
  );
  const likely = joined.filter((secret) => PASSWORD_CHARACTER.test(secret.replaceAll(',', '')));
  return [...pieces, ...likely];
}

function parseArray(text: string): { secrets?: readonly string[] } {
  try {
    const { data } = z.array(z.string()).min(1).safeParse(JSON.parse(text));
    return data === undefined ? {} : { secrets: data };
  } catch {
    return {};
  }
}

/** A private key in PEM. */
export const privateKey = z.string().superRefine((value, context) => {
  const fault = privateKeyFault(value);
  if (fault !== undefined) context.addIssue(`${fault}. ${GENERATE_NEW} -- --key EdDSA`);
});

/** Public keys in PEM, one after the other. */
export const publicKeys = z.string().superRefine((value, context) => {
  const fault = publicKeysFault(value);
  if (fault !== undefined) context.addIssue(fault);
});

/** A MongoDB connection string for `connect`. */
export const mongodbUri = z
  .string('is missing. Set it to a connection string, such as mongodb://127.0.0.1:27017/rescind')
  .superRefine((uri, context) => {
    const fault = uriFault(uri);
    if (fault !== undefined) context.addIssue(fault);
  });

/** An address or a host name to listen on. An IPv6 address may have brackets, as in a URL. */
export const host = z
  .string()
  .transform((text) => text.trim().replace(/^\[(.*)\]$/, '$1'))
  .refine(
    (text) => isIP(text) !== 0 || HOST_NAME.test(text),
    'must be an address or a name of this machine, such as 0.0.0.0, 127.0.0.1, ::1 or localhost, without scheme, port or path. Set the port with PORT',
  );

/** Matches a host name (RFC 1123 section 2.1). Allows underscores, because names of containers may have them. */
const HOST_NAME = /^(?=.{1,253}$)[a-z\d_]([\w-]{0,61}[\w])?(\.[a-z\d_]([\w-]{0,61}[\w])?)*\.?$/i;

/** Comma-separated origins as browsers and app shells write them (RFC 6454 section 6.2). */
export const origins = list('origin', findOriginFault);

/** Comma-separated names of headers (RFC 9110 section 5.1). */
export const headerNames = list('header', findHeaderNameFault);

/** A comma-separated list. Messages number the elements from 1. */
function list(what: string, findFault: (element: string) => string | undefined) {
  return z
    .string()
    .transform((text) => text.split(',').map((element) => element.trim()))
    .superRefine((elements, context) => {
      elements.forEach((element, index) => {
        const fault = findFault(element);
        if (fault !== undefined) context.addIssue(`(${what} ${index + 1} of the list) ${fault}`);
      });
    });
}

/** Matches an origin of any scheme, because app shells use their own schemes, e.g. `capacitor://localhost`. */
const ORIGIN = /^([a-z][a-z\d+.-]*):\/\/[^/?#@*\s\\]+$/i;

/** Schemes that are rejected in origins, because browsers load no pages from them. */
const NO_PAGES: ReadonlySet<string> = new Set(['ftp', 'ws', 'wss', 'mongodb']);

/** Checks that an origin is spelled as in the Origin header of browsers. No other spelling matches the header. */
function findOriginFault(text: string): string | undefined {
  const [, scheme] = ORIGIN.exec(text) ?? [];
  if (text === 'file://') return undefined;
  if (scheme === undefined || NO_PAGES.has(scheme) || !URL.canParse(text)) {
    return 'must be <scheme>://<host>[:<port>] without a path; * and null are not allowed';
  }
  const written = serializeOrigin(new URL(text), scheme.toLowerCase());
  return text === written ? undefined : `must be written as browsers send it: ${written}`;
}

/** Serializes an origin as browsers do. Replaces 'null', which is the `origin` of a `URL` with an unknown scheme. */
function serializeOrigin({ origin, host }: URL, scheme: string): string {
  return origin === 'null' ? `${scheme}://${host}` : origin;
}

function findHeaderNameFault(text: string): string | undefined {
  return HEADER_NAME.test(text) && text !== '*' ? undefined : 'must be the name of a header';
}

/** A whole number within bounds. */
export function integer(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** A duration within bounds, in milliseconds. */
export function duration(shortest: string, longest: string) {
  const message = `must be a duration from ${shortest} to ${longest}, written <integer><ms|s|m|h|d>`;
  const parse = (text: string) => parseDuration(text) ?? Number.NaN;
  return z
    .string()
    .transform(parse)
    .refine((value) => value >= parse(shortest) && value <= parse(longest), message);
}

/** A maximum number of failures within a duration, such as `10/15m`. */
export function limit() {
  const message = 'must be <failures>/<duration>, such as 10/15m, with a duration of at most 365d';
  return z
    .string()
    .regex(/^[1-9]\d{0,5}\/\d+(s|m|h|d)$/, message)
    .transform((text) => {
      const [points = '', window = ''] = text.split('/');
      return { points: Number(points), duration: parseDuration(window) ?? Number.NaN };
    })
    .refine(({ duration }) => duration >= SECOND && duration <= 365 * DAY, message);
}

import { isIP } from 'node:net';
import * as z from 'zod';
import { uriFault } from '../lib/store/database.ts';
import { DAY, parseDuration, SECOND } from '../lib/time.ts';
import { privateKeyFault, publicKeysFault } from '../lib/tokens/asymmetric-key.ts';
import { secretFault } from '../lib/tokens/secret-rules.ts';
import { unquoted } from './intact-values.ts';
import { areNames } from './raw-headers.ts';

/** The command that makes a good JWT_SECRET_KEY. */
export const REMEDY = 'Make one with: npm run -s generate-secret';

/** A secret that keeps the rules. */
export const secret = z.string().superRefine((value, context) => {
  const fault = secretFault(value);
  if (fault !== undefined) context.addIssue(`${fault}. ${REMEDY}`);
});

/** Several of them: a JSON array, one on each line, or comma-separated. */
export const previousSecrets = z.string().transform((text, context) => {
  const { secrets, mayBeCut } = splitSecrets(text.trim());
  if (secrets === undefined)
    context.addIssue('must be a JSON array of strings where it begins with [');
  secrets?.forEach((value, index) => {
    const fault = pieceFault(value, text);
    if (fault === undefined) return;
    const remedy = mayBeCut ? `${MAY_BE_CUT}. ${LEAVE_OUT}` : LEAVE_OUT;
    context.addIssue(`(secret ${index + 1} of the list) ${fault}. ${remedy}`);
  });
  return mayBeCut ? withJoined(secrets ?? []) : [...(secrets ?? [])];
});

/** In a JSON array quotes are told from the secret. */
function pieceFault(value: string, list: string): string | undefined {
  if (!list.trim().startsWith('[') && unquoted(value) !== value) return 'has quotes around it';
  return secretFault(value);
}

const MAY_BE_CUT =
  'If a comma is a part of the secret, write the list as a JSON array, or one secret on each line';

/** A new one would verify nothing that the old one has signed. */
const LEAVE_OUT =
  'Where it cannot be mended, take it out of the list: tokens that it signed are refused from then on, and their users log in again';

interface SecretList {
  readonly secrets?: readonly string[];
  /** True where a comma in a secret would have cut it in two. */
  readonly mayBeCut: boolean;
}

function splitSecrets(text: string): SecretList {
  if (text.startsWith('[')) return { ...parsed(text), mayBeCut: false };
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  if (lines.length > 1) return { secrets: lines, mayBeCut: false };
  const pieces = text.split(',').map((piece) => piece.trim());
  if (pieces.length > 1) return { secrets: pieces, mayBeCut: true };
  return { secrets: [...splitOtherwise(text), text], mayBeCut: false };
}

/** Secrets between which something else stands; none where what is between them can only be a part of one. */
function splitOtherwise(text: string): readonly string[] {
  const pieces = text.split(/\s+|;|\\r?\\?n/).filter((piece) => piece !== '');
  return pieces.length > 1 && pieces.every((piece) => secretFault(piece) === undefined)
    ? pieces
    : [];
}

/** A sign that a password has, and no secret in hexadecimal or base64. */
const SIGN = /[^\w+/=.~-]/;

/** Adds the secrets with the comma where it may as well be a part of one: they only verify. */
function withJoined(pieces: readonly string[]): string[] {
  const joined = pieces.flatMap((_, start) =>
    pieces.slice(start + 1).map((_, more) => pieces.slice(start, start + more + 2).join(',')),
  );
  return [...pieces, ...joined.filter((secret) => SIGN.test(secret.replaceAll(',', '')))];
}

function parsed(text: string): { secrets?: readonly string[] } {
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
  if (fault !== undefined) context.addIssue(`${fault}. ${REMEDY} -- --key EdDSA`);
});

/** Public keys in PEM, one after the other. */
export const publicKeys = z.string().superRefine((value, context) => {
  const fault = publicKeysFault(value);
  if (fault !== undefined) context.addIssue(fault);
});

/** The database, as `connect` takes it. */
export const mongodbUri = z
  .string('is missing. It names the database, such as mongodb://127.0.0.1:27017/rescind')
  .superRefine((uri, context) => {
    const fault = uriFault(uri);
    if (fault !== undefined) context.addIssue(fault);
  });

/** An address or a name to listen on. An IPv6 address may be in brackets, as in a URL. */
export const host = z
  .string()
  .transform((text) => text.trim().replace(/^\[(.*)\]$/, '$1'))
  .refine(
    (text) => isIP(text) !== 0 || HOST_NAME.test(text),
    'must be an address or a name of this machine and nothing else, such as 0.0.0.0, 127.0.0.1, ::1 or localhost: no scheme, no path, and the port in PORT',
  );

/** RFC 1123 section 2.1, and the underscore that containers' names have. */
const HOST_NAME = /^(?=.{1,253}$)[a-z\d_]([\w-]{0,61}[\w])?(\.[a-z\d_]([\w-]{0,61}[\w])?)*\.?$/i;

/** Origins as browsers and app shells write them (RFC 6454 section 6.2), comma-separated. */
export const origins = list('origin', originFault);

/** Names of headers (RFC 9110 section 5.1), comma-separated. */
export const headerNames = list('header', headerNameFault);

/** Elements of which each is right; the message counts them from 1. */
function list(what: string, faultOf: (element: string) => string | undefined) {
  return z
    .string()
    .transform((text) => text.split(',').map((element) => element.trim()))
    .superRefine((elements, context) => {
      elements.forEach((element, index) => {
        const fault = faultOf(element);
        if (fault !== undefined) context.addIssue(`(${what} ${index + 1} of the list) ${fault}`);
      });
    });
}

/** A scheme of its own is that of an app shell or an extension, such as `capacitor://localhost`. */
const ORIGIN = /^([a-z][a-z\d+.-]*):\/\/[^/?#@*\s\\]+$/i;

/** Schemes that no page is loaded by. */
const NO_PAGES: ReadonlySet<string> = new Set(['ftp', 'ws', 'wss', 'mongodb']);

/** Anything that a browser would write in another way would never match. */
function originFault(text: string): string | undefined {
  const [, scheme] = ORIGIN.exec(text) ?? [];
  if (text === 'file://') return undefined;
  if (scheme === undefined || NO_PAGES.has(scheme) || !URL.canParse(text)) {
    return 'must be <scheme>://<host>[:<port>], with no path; neither * nor null is one';
  }
  const written = serializeOrigin(new URL(text), scheme.toLowerCase());
  return text === written ? undefined : `must be an origin and nothing else, written ${written}`;
}

/** The origin of a scheme that the URL Standard does not know is opaque there, and not to browsers. */
function serializeOrigin({ origin, host }: URL, scheme: string): string {
  return origin === 'null' ? `${scheme}://${host}` : origin;
}

function headerNameFault(text: string): string | undefined {
  return areNames([text]) && text !== '*' ? undefined : 'must be the name of a header';
}

/** A whole number within bounds. */
export function integer(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

/** A duration within bounds, as milliseconds. */
export function duration(least: number, leastText: string, most: number, mostText: string) {
  const message = `must be a duration from ${leastText} to ${mostText}, written <integer><ms|s|m|h|d>`;
  return z
    .string()
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .refine((value) => value >= least && value <= most, message);
}

/** So many failures within a duration. */
export function limit() {
  const message = 'must be <failures>/<duration>, such as 10/15m, over at most 365d';
  return z
    .string()
    .regex(/^[1-9]\d{0,5}\/\d+(s|m|h|d)$/, message)
    .transform((text) => {
      const [points = '', window = ''] = text.split('/');
      return { points: Number(points), duration: parseDuration(window) ?? Number.NaN };
    })
    .refine(({ duration }) => duration >= SECOND && duration <= 365 * DAY, message);
}

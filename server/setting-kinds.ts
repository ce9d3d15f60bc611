import * as z from 'zod';
import { isConnectionString } from '../lib/store/database.ts';
import { DAY, parseDuration, SECOND } from '../lib/time.ts';
import { privateKeyFault, publicKeysFault } from '../lib/tokens/asymmetric-key.ts';
import { secretFault } from '../lib/tokens/secret-rules.ts';

/** The command that makes a good JWT_SECRET_KEY. */
export const REMEDY = 'Make one with: npm run -s generate-secret';

/** A secret that keeps the rules. */
export const secret = z.string().superRefine((value, context) => {
  const fault = secretFault(value);
  if (fault !== undefined) context.addIssue(`${fault}. ${REMEDY}`);
});

/** Several of them, comma-separated. */
export const previousSecrets = z
  .string()
  .transform((list) => list.split(','))
  .superRefine((secrets, context) => {
    secrets.forEach((value, index) => {
      const fault = secretFault(value);
      if (fault !== undefined) context.addIssue(`(secret ${index + 1} of the list) ${fault}`);
    });
  });

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

/** What the driver can read. */
export const mongodbUri = z
  .string('is missing. It names the database, such as mongodb://127.0.0.1:27017/rescind')
  .refine(
    isConnectionString,
    'is not a connection string that the MongoDB driver can read (mongodb://… or mongodb+srv://…)',
  );

/** Origins as browsers write them (RFC 6454 section 6.2), comma-separated. */
export const origins = z
  .string()
  .transform((list) => list.split(',').map((origin) => origin.trim()))
  .superRefine((list, context) => {
    list.forEach((origin, index) => {
      const fault = originFault(origin);
      if (fault !== undefined) context.addIssue(`(origin ${index + 1} of the list) ${fault}`);
    });
  });

/** Anything that a browser would write in another way would never match. */
function originFault(text: string): string | undefined {
  if (!/^https?:\/\/[^/*]+$/i.test(text) || !URL.canParse(text)) {
    return 'must be <http or https>://<host>[:<port>], with no path; neither * nor null is one';
  }
  const { origin } = new URL(text);
  return text === origin ? undefined : `must be an origin and nothing else, written ${origin}`;
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

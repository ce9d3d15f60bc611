import * as z from 'zod';
import { livez, readyz } from '../handlers/health.ts';
import { jwks } from '../handlers/jwks.ts';
import type { Route } from './route.ts';

const check = z.object({
  ok: z.boolean(),
  detail: z.string().optional(),
  age_ms: z.int().optional(),
  needs_operator: z.literal(true).optional(),
});

const published = { kid: z.string(), use: z.literal('sig') };

const publicJwk = z.discriminatedUnion('kty', [
  z.object({
    ...published,
    kty: z.literal('OKP'),
    alg: z.literal('EdDSA'),
    crv: z.literal('Ed25519'),
    x: z.string(),
  }),
  z.object({
    ...published,
    kty: z.literal('RSA'),
    alg: z.literal('RS256'),
    n: z.string(),
    e: z.string(),
  }),
]);

/** What anyone may know: the public keys, and whether the server is there. */
export const publicRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/.well-known/jwks.json',
    summary: 'The public keys to verify access tokens by; they tell nothing of revocations',
    access: 'anyone',
    answer: z.object({ keys: z.array(publicJwk) }),
    handler: jwks,
  },
  {
    method: 'get',
    path: '/livez',
    summary: 'Whether the process is alive',
    access: 'anyone',
    answer: z.object({ status: z.literal('alive') }),
    handler: livez,
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether requests can be served',
    access: 'anyone',
    answer: z.object({
      status: z.enum(['ready', 'not_ready', 'stopping']),
      checks: z.object({
        database: check,
        schema: check,
        sentinel: check,
        skew: check,
        proof: check,
        writes: check,
        indexes: check,
        signing_key: check,
      }),
    }),
    handler: readyz,
  },
];

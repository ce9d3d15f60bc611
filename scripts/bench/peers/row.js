import { createSecretKey } from 'node:crypto';

/** `{ mongodbUri, redisUrl, secret, issuer, audience, userLoad }`, from the harness. */
export const row = JSON.parse(process.env.BENCH_ROW);

/**
 * The HMAC key as a KeyObject, which jsonwebtoken takes as it is. A string or a Buffer it tries to
 * read as a public key (PEM) first, at every call.
 */
export const key = createSecretKey(Buffer.from(row.secret, 'utf8'));

/** What jsonwebtoken, koa-jwt and express-jwt check beside the signature and `exp`. */
export const checks = { algorithms: ['HS256'], issuer: row.issuer, audience: row.audience };

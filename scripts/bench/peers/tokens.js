import { createHmac, randomUUID } from 'node:crypto';

/** What the peers are told, and what their tokens are made with. */
export const authority = {
  secret: 'the secret of a check, as long as one should be',
  issuer: 'rescind',
  audience: 'rescind',
};

const header = { alg: 'HS256', kid: 'check', typ: 'at+jwt' };

/** A token as rescind issues it, for an hour; `changes` make it a wrong one. */
export function sign(user, { claims, head, secret = authority.secret } = {}) {
  const signed = `${encode({ ...header, ...head })}.${encode({ ...claimsOf(user), ...claims })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** The claims of a token, unverified. */
export function read(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
}

/** Now, in the seconds of a token. */
export function seconds() {
  return Math.floor(Date.now() / 1000);
}

function claimsOf(user) {
  const now = seconds();
  return {
    iss: authority.issuer,
    aud: authority.audience,
    sub: user._id,
    sid: randomUUID(),
    client_id: 'rescind',
    jti: randomUUID(),
    iat: now,
    exp: now + 3600,
    auth_time: now,
    type: 'access',
    stamp: now * 1000,
  };
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

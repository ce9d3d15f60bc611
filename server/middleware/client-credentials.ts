import type { Middleware } from 'koa';
import { AuthError } from '../../lib/errors.ts';
import type { ClientCredentials } from '../../lib/use-cases/shared/authenticate-client.ts';
import type { State } from '../context.ts';
import { decodeFormText, type Form } from '../form.ts';
import { HttpProblem } from '../problems.ts';
import { authorizationOf } from './authorization-header.ts';

/**
 * Lets a request pass that names a client and its secret, in the header or in the form (RFC 6749 section
 * 2.3.1), and leaves them in `ctx.state.credentials`. Whether they are right the use case finds out, in
 * the time that it needs for the token anyway.
 */
export function requireClientCredentials(): Middleware<State> {
  return function requireClientCredentials(ctx, next) {
    const header = authorizationOf(ctx);
    const form = ctx.request.body as Form;
    ctx.state.credentials = header === '' ? inForm(form) : inHeader(header, form);
    return next();
  };
}

type Sent = Readonly<Record<keyof ClientCredentials, string | undefined>>;

/** `client_secret_post` */
function inForm({ client_id: clientId, client_secret: clientSecret }: Form): ClientCredentials {
  return complete({ clientId, clientSecret });
}

/** `client_secret_basic`. The form may name the same client once more, but not prove it in a second way. */
function inHeader(header: string, form: Form): ClientCredentials {
  const credentials = complete(parseBasic(header));
  const { client_id: named = credentials.clientId, client_secret: second } = form;
  if (second === undefined && named === credentials.clientId) return credentials;
  throw new HttpProblem('several_client_credentials');
}

/** RFC 7617 inside, and in it both parts as in a form. */
function parseBasic(header: string): Sent {
  const [, encoded = ''] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header) ?? [];
  const decoded = Buffer.from(encoded, 'base64').toString();
  const [, clientId, clientSecret] = /^([^:]*):(.*)$/s.exec(decoded)?.map(decodeFormText) ?? [];
  return { clientId, clientSecret };
}

function complete({ clientId, clientSecret }: Sent): ClientCredentials {
  if (clientId && clientSecret) return { clientId, clientSecret };
  throw new AuthError('invalid_client', 'The client was refused: it sent no credentials');
}

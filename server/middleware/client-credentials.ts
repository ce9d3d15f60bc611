import type { Middleware } from 'koa';
import { AuthError } from '../../lib/errors.ts';
import type { ClientCredentials } from '../../lib/use-cases/shared/authenticate-client.ts';
import type { State } from '../context.ts';
import { decodeFormText, type Form } from '../form.ts';
import { HttpProblem } from '../problems.ts';
import { readAuthorization } from './authenticate.ts';

/**
 * Requires the id and secret of a client, in the header or in the form (RFC 6749 section 2.3.1), and sets
 * `ctx.state.credentials`. Does not verify them, because the use case does so in parallel with its other reads.
 */
export function requireClientCredentials(): Middleware<State> {
  return function requireClientCredentials(ctx, next) {
    const header = readAuthorization(ctx);
    const form = ctx.request.body as Form;
    ctx.state.credentials = header === '' ? readForm(form) : readHeader(header, form);
    return next();
  };
}

type Sent = Readonly<Record<keyof ClientCredentials, string | undefined>>;

/** Reads the credentials of `client_secret_post` from the form. */
function readForm({ client_id: clientId, client_secret: clientSecret }: Form): ClientCredentials {
  return assertComplete({ clientId, clientSecret });
}

/** Reads the credentials of `client_secret_basic` from the header. The form may repeat the id, but not the secret. */
function readHeader(header: string, form: Form): ClientCredentials {
  const credentials = assertComplete(parseBasic(header));
  const { client_id: named = credentials.clientId, client_secret: second } = form;
  if (second === undefined && named === credentials.clientId) return credentials;
  throw new HttpProblem('several_client_credentials');
}

/** Parses Basic credentials (RFC 7617) whose id and secret are form-encoded (RFC 6749 section 2.3.1). */
function parseBasic(header: string): Sent {
  const [, encoded = ''] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header) ?? [];
  const decoded = Buffer.from(encoded, 'base64').toString();
  const [, clientId, clientSecret] = /^([^:]*):(.*)$/s.exec(decoded)?.map(decodeFormText) ?? [];
  return { clientId, clientSecret };
}

function assertComplete({ clientId, clientSecret }: Sent): ClientCredentials {
  if (clientId && clientSecret) return { clientId, clientSecret };
  throw new AuthError('invalid_client', 'The request has no client credentials');
}

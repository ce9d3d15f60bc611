import type * as z from 'zod';
import type { RequestContext, Services } from './context.ts';

/** Encoding of a body: a JSON object, or `application/x-www-form-urlencoded`. */
export type BodyType = 'json' | 'form';

/**
 * Callers that an endpoint accepts: anyone; anyone with a bearer token, which is not verified; registered clients;
 * users with a valid access token; users with a valid access token and the role `admin`.
 */
export type Access = 'anyone' | 'bearer' | 'client' | 'principal' | 'admin';

/** Defines an endpoint for the router, the validation and the tests. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** The schema of the body. Without a schema no body is read. */
  readonly body?: z.ZodType;
  /** The encoding of the body. Default JSON. */
  readonly bodyType?: BodyType;
  /** The schema of the query. Without a schema the query is ignored. */
  readonly query?: z.ZodType;
  /** The schema of the body of a response with status 200. Without a schema the status is 204. */
  readonly answer?: z.ZodType;
  /** The handler. Declared as a method, so that a handler may require the narrower `ctx` of its schemas. */
  handler(services: Services, ctx: RequestContext): Promise<void> | void;
}

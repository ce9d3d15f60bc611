import type * as z from 'zod';
import type { Handler } from '../context.ts';
import type { BodyType } from '../middleware/read-body.ts';

/**
 * The callers that an endpoint accepts: anyone; with any bearer token; registered clients; with an accepted
 * token; with an accepted token of a user with the role `admin`.
 */
export type Access = 'anyone' | 'bearer' | 'client' | 'principal' | 'admin';

/** An endpoint. The router, the validation and the tests are made from it. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** The schema of the body. Without one no body is read. */
  readonly body?: z.ZodType;
  /** The encoding of the body. Default JSON. */
  readonly bodyType?: BodyType;
  /** The schema of the query. Without one the query is ignored. */
  readonly query?: z.ZodType;
  /** The schema of the body of the answer with status 200. Without one the status is 204. */
  readonly answer?: z.ZodType;
  /** Typed by the schemas of its route. */
  readonly handler: Handler<never, never>;
}

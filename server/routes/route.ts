import type * as z from 'zod';
import type { Handler } from '../context.ts';
import type { BodyType } from '../middleware/read-body.ts';

/** Who may ask: anyone; whoever sends a bearer token; a registered client; whom an accepted token speaks for; of these, those with the role `admin`. */
export type Access = 'anyone' | 'bearer' | 'client' | 'principal' | 'admin';

/** An endpoint. The router, the validation, the API description and the tests are made from this. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** The body, where the endpoint takes one. */
  readonly body?: z.ZodType;
  /** How the body is sent. Default JSON. */
  readonly bodyType?: BodyType;
  /** The query of the URL, where the endpoint looks at it. */
  readonly query?: z.ZodType;
  /** The body of the answer with status 200; without one the status is 204. */
  readonly answer?: z.ZodType;
  // biome-ignore lint/suspicious/noExplicitAny: each handler knows the body and the query that its route validated
  readonly handler: Handler<any, any>;
}

import * as z from 'zod';
import type { Route } from '../../server/route.ts';
import { routes } from '../../server/routes.ts';

type Json = Readonly<Record<string, unknown>>;

/** Describes the list of routes as an OpenAPI 3.1 document, for programs that make requests of one. */
export function describeApi(): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: describeRoute(route) };
  }
  const bearer = { type: 'http', scheme: 'bearer' };
  const basic = { type: 'http', scheme: 'basic' };
  return {
    openapi: '3.1.0',
    info: { title: 'rescind', version: '0' },
    paths,
    components: { securitySchemes: { bearer, basic } },
  };
}

function describeRoute({ path, summary, access, body, bodyType, query, answer }: Route): Json {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string', minLength: 1 } };
  });
  const inQuery = Object.entries(query ? listProperties(query) : {}).map(([name, schema]) => {
    return { name, in: 'query', schema };
  });
  const type = bodyType === 'form' ? 'application/x-www-form-urlencoded' : JSON_TYPE;
  const isClient = access === 'client';
  const scheme = isClient ? { basic: [] } : { bearer: [] };
  const refusal = { schema: { type: 'object' } };
  const refusals = isClient ? { [JSON_TYPE]: refusal, [PROBLEM]: {} } : { [PROBLEM]: refusal };
  return {
    summary,
    security: access === 'anyone' ? [] : [scheme],
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: { required: true, content: describeContent(type, body, 'input') } }),
    responses: {
      [answer ? 200 : 204]: {
        description: 'Done',
        ...(answer && { content: describeContent(JSON_TYPE, answer, 'output') }),
      },
      default: { description: 'Refused', content: refusals },
    },
  };
}

const JSON_TYPE = 'application/json';
const PROBLEM = 'application/problem+json';

/** Lists the schemas of an input by name. */
export function listProperties(schema: z.ZodType): Json {
  return (toJsonSchema(schema, 'input')['properties'] ?? {}) as Json;
}

function describeContent(type: string, schema: z.ZodType, io: 'input' | 'output'): Json {
  return { [type]: { schema: toJsonSchema(schema, io) } };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  return z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
}

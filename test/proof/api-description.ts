import * as z from 'zod';
import type { Route } from '../../server/routes/route.ts';
import { routes } from '../../server/routes.ts';

type Json = Readonly<Record<string, unknown>>;

const SECURITY: Readonly<Record<Route['access'], readonly Json[]>> = {
  anyone: [],
  bearer: [{ bearer: [] }],
  principal: [{ bearer: [] }],
  admin: [{ bearer: [] }],
  client: [{ basic: [] }],
};

/** The list of routes as an OpenAPI 3.1 document, for programs that make requests of one. */
export function describeApi(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'rescind', version: '0' },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic' },
      },
    },
  };
}

function operation({ path, summary, access, body, bodyType, query, answer }: Route): Json {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
  }));
  const type = bodyType === 'form' ? 'application/x-www-form-urlencoded' : 'application/json';
  return {
    summary,
    security: SECURITY[access],
    parameters: [...inPath, ...(query ? inQuery(query) : [])],
    ...(body && { requestBody: { required: true, content: contentOf(type, body, 'input') } }),
    responses: { ...success(answer), default: failure(access) },
  };
}

function inQuery(query: z.ZodType): readonly Json[] {
  const { properties = {} } = schemaOf(query, 'input') as { properties?: Json };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }));
}

function success(answer: z.ZodType | undefined): Json {
  if (answer === undefined) return { 204: { description: 'Done' } };
  return { 200: { description: 'Done', content: contentOf('application/json', answer, 'output') } };
}

function failure(access: Route['access']): Json {
  const type = access === 'client' ? 'application/json' : 'application/problem+json';
  return {
    description: 'Refused',
    content: {
      [type]: { schema: { type: 'object' } },
      ...(access === 'client' && { 'application/problem+json': {} }),
    },
  };
}

function contentOf(type: string, schema: z.ZodType, io: 'input' | 'output'): Json {
  return { [type]: { schema: schemaOf(schema, io) } };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  return z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
}

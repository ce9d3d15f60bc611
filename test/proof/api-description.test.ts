import test from 'ava';
import { routes } from '../../server/routes.ts';
import { describeApi } from './api-description.ts';

interface Operation {
  readonly security: readonly object[];
  readonly parameters: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: object };
}

test('The API description that is fuzzed has every route, with its body, its parameters and its access', (t) => {
  const { paths } = describeApi() as { paths: Record<string, Record<string, Operation>> };
  const described = Object.values(paths).flatMap((path) => Object.keys(path));
  t.is(described.length, routes.length);
  for (const { method, path, access, body, bodyType } of routes) {
    const operation = paths[path.replace(/:(\w+)/g, '{$1}')]?.[method];
    t.is(operation?.security.length, access === 'anyone' ? 0 : 1, path);
    const inPath = operation?.parameters.filter((parameter) => parameter.in === 'path') ?? [];
    t.is(inPath.length, path.split(':').length - 1, path);
    const type = bodyType === 'form' ? 'application/x-www-form-urlencoded' : 'application/json';
    const types = Object.keys(operation?.requestBody?.content ?? {});
    t.deepEqual(types, body === undefined ? [] : [type], path);
  }
});

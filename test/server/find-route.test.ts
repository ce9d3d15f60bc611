import test from 'ava';
import type { Route } from '../../server/route.ts';
import { createRouteTable } from '../../server/route-table.ts';

const route = (method: Route['method'], path: string): Route => ({
  method,
  path,
  summary: '',
  access: 'anyone',
  handler: () => undefined,
});

const list = route('get', '/things');
const create = route('post', '/things');
const remove = route('delete', '/things/:id');
const removeMany = route('post', '/things/remove-many');
const parts = route('get', '/things/:id/parts/:part');
const keys = route('get', '/.well-known/keys.json');
const table = createRouteTable([list, create, remove, removeMany, parts, keys]);

test('A route is found by its method and its path, and HEAD is answered as GET is', (t) => {
  t.is(table.find('GET', '/things')?.route, list);
  t.is(table.find('HEAD', '/things')?.route, list);
  t.is(table.find('POST', '/things')?.route, create);
  t.is(table.find('GET', '/.well-known/keys.json')?.route, keys);
  t.is(table.find('PUT', '/things'), undefined);
});

for (const path of [
  '/Things',
  '/things/',
  '//things',
  '/thing%73',
  '/things?x',
  '/things/1/',
  '/things//parts/2',
  '/xwell-known/keys.json',
  '/.well-known/keysxjson',
  '/things/1/parts/2/3',
  '',
  '*',
  '__proto__',
]) {
  test(`"${path}" is no other spelling of a path`, (t) => {
    for (const method of ['GET', 'POST', 'DELETE']) t.is(table.find(method, path), undefined);
    t.deepEqual(table.listMethods(path), []);
  });
}

test('Parameters are parts of the path, decoded', (t) => {
  t.deepEqual({ ...table.find('DELETE', '/things/a%20b')?.params }, { id: 'a b' });
  t.deepEqual({ ...table.find('GET', '/things/1/parts/%C3%BC')?.params }, { id: '1', part: 'ü' });
  t.deepEqual({ ...table.find('DELETE', '/things/a%2Fb')?.params }, { id: 'a/b' });
});

test('The name of a parameter in a path is a value like any other', (t) => {
  t.deepEqual({ ...table.find('DELETE', '/things/:id')?.params }, { id: ':id' });
});

test('A parameter that is not encoded validly stays as it was sent', (t) => {
  t.deepEqual({ ...table.find('DELETE', '/things/%E0%A4')?.params }, { id: '%E0%A4' });
});

test('A path that two routes match has the methods of both', (t) => {
  t.is(table.find('POST', '/things/remove-many')?.route, removeMany);
  t.is(table.find('DELETE', '/things/remove-many')?.route, remove);
  t.deepEqual([...table.listMethods('/things/remove-many')].sort(), ['DELETE', 'POST']);
});

test('The methods of a path are listed once each', (t) => {
  t.deepEqual(table.listMethods('/things'), ['HEAD', 'GET', 'POST']);
});

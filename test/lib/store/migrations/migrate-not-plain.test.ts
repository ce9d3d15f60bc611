import test from 'ava';
import type { Db } from 'mongodb';
import { emptyDatabase } from '../../../helpers/database.ts';
import { assertRefused } from './assert-refused.ts';

const NOT_PLAIN: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'a view': (db) => db.createCollection('revoked_tokens', { viewOn: 'users', pipeline: [] }),
  'a capped collection': (db) =>
    db.createCollection('revoked_tokens', { capped: true, size: 65_536 }),
  'a clustered collection': (db) =>
    db.createCollection('revoked_tokens', { clusteredIndex: { key: { _id: 1 }, unique: true } }),
  'a time series': (db) =>
    db.createCollection('revoked_tokens', { timeseries: { timeField: 'revoked_at' } }),
};

for (const [what, create] of Object.entries(NOT_PLAIN)) {
  test(`a conflict is reported and nothing is changed: ${what} in place of revoked_tokens`, async (t) => {
    const { db } = emptyDatabase(t);
    await create(db);
    await assertRefused(t, db, /revoked_tokens is not a plain collection/);
  });
}

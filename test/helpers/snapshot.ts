import { BSON, type Collection, type Db } from 'mongodb';
import { NAMES } from '../../lib/store/mongo/collections.ts';

/**
 * Takes a snapshot of a database, byte for byte: its collections with options, validators and UUIDs,
 * its indexes and its documents. Leaves out the documents of `followers`, which servers renew at their own times.
 */
export async function snapshot(db: Db): Promise<readonly string[]> {
  const collections = await db.listCollections({}, { promoteValues: false }).toArray();
  const lines = await Promise.all(
    collections.map(async (collection) => [
      `${collection.name} ${hex(collection)}`,
      ...(collection.type === 'view' ? [] : await contents(db, collection.name)),
    ]),
  );
  return lines.flat().sort();
}

async function contents(db: Db, name: string): Promise<string[]> {
  const collection = db.collection(name);
  const indexes = await collection.listIndexes({ promoteValues: false }).toArray();
  const documents = name === NAMES.followers ? [] : await rawDocuments(collection);
  return [
    ...indexes.map((index) => `${name} index ${hex(index)}`),
    ...documents.map((document) => `${name} document ${document.toString('hex')}`),
  ];
}

/** Reads the documents as the bytes that the server sent. */
async function rawDocuments(collection: Collection): Promise<readonly Buffer[]> {
  return (await collection.find({}, { raw: true }).toArray()) as unknown as Buffer[];
}

function hex(document: BSON.Document): string {
  return Buffer.from(BSON.serialize(document)).toString('hex');
}

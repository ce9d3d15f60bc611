import { MongoClient } from 'mongodb';
import { row } from './row.js';

/** The best of 5, 10, 20, 50 and 100 (README.md). */
const poolSize = 50;

export async function connectMongo() {
  const client = new MongoClient(row.mongodbUri, { maxPoolSize: poolSize });
  await client.connect();
  return client;
}

import type { Db, Document } from 'mongodb';

/** Answers to the two commands of an inspection. An error rejects. */
export interface Answers {
  readonly hello?: Document | Error;
  readonly replSetGetConfig?: Document | Error;
}

/** Replaces the answers of a database to these commands. The client of the database is only for this. */
export function answering(db: Db, answers: Answers): Db {
  const real = db.command.bind(db);
  db.command = (command) =>
    answers.hello !== undefined && 'hello' in command ? answer(answers.hello) : real(command);
  const admin = db.client.db('admin');
  const realAdmin = admin.command.bind(admin);
  admin.command = (command) =>
    answers.replSetGetConfig === undefined ? realAdmin(command) : answer(answers.replSetGetConfig);
  db.client.db = () => admin;
  return db;
}

async function answer(given: Document | Error): Promise<Document> {
  if (given instanceof Error) throw given;
  return given;
}

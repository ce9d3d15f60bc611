import { createAudit } from '../../lib/store/audit.ts';
import type { Client } from '../../lib/store/clients.ts';
import type { Collections } from '../../lib/store/collections.ts';

/** Whoever runs a command has no address that the database would know. */
const OPERATOR = { ip: 'local', userAgent: 'rescind-cli' } as const;

/** Notes in the audit trail what a command did to a client; says so where the event was lost. */
export async function recordClient(
  action: 'client_created' | 'client_deleted',
  { id, name }: Pick<Client, 'id' | 'name'>,
  collections: Collections,
): Promise<void> {
  const tell = (_fields: object, message: string) => process.stderr.write(`${message}\n`);
  const audit = createAudit(collections, { log: { warn: tell, error: tell } });
  const details = { client_id: id, client_name: name };
  await audit.record({ action, user: undefined, details }, OPERATOR);
}

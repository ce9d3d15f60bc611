import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Document } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { FEED_COMMENT } from '../../../lib/store/followers/feed.ts';
import { NAMES } from '../../../lib/store/mongo/collections.ts';
import type { Scope } from '../scope.ts';
import type { Relay } from './connection.ts';
import { tcpProxy } from './tcp-proxy.ts';
import { createReply, type Message, readMessages, withDocument } from './wire-messages.ts';

/** A failure of a command. */
export interface Fault {
  /** MongoDB receives the command and carries it out. */
  readonly isDone: boolean;
  /**
   * Makes the answer, from MongoDB's own where there is one; `cut`: the connection is closed instead,
   * `half`: in the middle of the answer, `silence`: nothing arrives.
   */
  answer(own: Document): Document | 'cut' | 'half' | 'silence';
  /** The number of commands in a row that fail so. Default 1. */
  readonly times?: number;
}

export type CommandProxy = Awaited<ReturnType<typeof commandProxy>>;

/**
 * Opens a proxy in front of the MongoDB of this URI, which has to be a set of one node. It can make the
 * n-th command from now fail, whatever it is.
 */
export async function commandProxy(scope: Scope, uri: string) {
  const upstream = new ConnectionString(uri);
  const [own = ''] = upstream.hosts;
  const faults = createFaults();
  const { port, close } = await tcpProxy(scope, {
    target: () => Number(own.split(':')[1]),
    relay: (client, database) => createRelay(client, database, faults, rename),
  });
  const host = `127.0.0.1:${port}`;
  const rename = (reply: Message) => renameHost(reply, own, host);
  upstream.hosts = [host];
  return { uri: upstream.href, ...faults, close };
}

const POLL = 5;
const QUIET = 25;

type Faults = ReturnType<typeof createFaults>;

/** Counts commands and decides which of them fail. */
function createFaults() {
  let left = Number.POSITIVE_INFINITY;
  let fault: Fault | undefined;
  let met: string[] = [];
  let underWay = 0;
  let lastChange = 0;

  return {
    /** Applies the fault to the `nth` command from now on (the first is 1) and the following `times - 1`. */
    arm(nth: number, next: Fault): void {
      [left, fault, met] = [nth, next, []];
    },

    /** Returns how many commands have failed so far. */
    countMet: () => met.length,

    /** Ends the fault and returns the commands that failed, each as `<name> <collection>`. */
    disarm(): readonly string[] {
      fault = undefined;
      return met;
    },

    /** Waits until no command is under way, including those whose answer nobody waits for. */
    async quiet(): Promise<void> {
      while (underWay > 0 || performance.now() - lastChange < QUIET) await sleep(POLL);
    },

    /** Returns the fault of this command, if it has one. */
    meet(command: Document): Fault | undefined {
      if (fault === undefined || --left >= 1) return undefined;
      if (left <= -(fault.times ?? 1)) return undefined;
      const [name = '', collection] = Object.entries(command)[0] ?? [];
      met.push(`${name} ${collection}`);
      return fault;
    },

    countUnderWay(change: 1 | -1): void {
      underWay += change;
      lastChange = performance.now();
    },
  };
}

/** Forwards each command to MongoDB and each response to the client, except for those that fail. */
function createRelay(
  client: Socket,
  database: Socket,
  faults: Faults,
  rename: (reply: Message) => Buffer,
): Relay {
  const waiting = new Map<number, Fault | undefined>();

  function onCommand(command: Message): void {
    const isCounted = !isOwn(command.document) && !isOfFollower(command.document);
    const fault = isCounted ? faults.meet(command.document) : undefined;
    if (isCounted) {
      faults.countUnderWay(1);
      waiting.set(command.requestId, fault);
    }
    if (fault?.isDone !== false) database.write(command.bytes);
    else fail(command.requestId, fault.answer({}), (made) => createReply(command, made));
  }

  function onReply(reply: Message): void {
    const answer = waiting.get(reply.responseTo)?.answer(reply.document);
    if (answer !== undefined) fail(reply.responseTo, answer, (made) => withDocument(reply, made));
    else {
      settle(reply.responseTo);
      client.write(rename(reply));
    }
  }

  function settle(requestId: number): void {
    if (waiting.delete(requestId)) faults.countUnderWay(-1);
  }

  /** A command that meets silence is under way until its connection is closed. */
  function fail(
    requestId: number,
    answer: ReturnType<Fault['answer']>,
    make: (document: Document) => Buffer,
  ): void {
    if (answer === 'silence') return;
    settle(requestId);
    if (answer === 'cut') client.destroy();
    else if (answer === 'half') client.end(make({ ok: 1 }).subarray(0, -3));
    else client.write(make(answer));
  }

  client.once('close', () => {
    for (const requestId of waiting.keys()) settle(requestId);
  });
  return { fromClient: readMessages(onCommand), fromServer: readMessages(onReply) };
}

/** Commands of the driver itself, and counters that servers flush at their own times. */
function isOwn({ $db, update }: Document): boolean {
  return $db === undefined || $db === 'admin' || update === NAMES.dailyCounts;
}

/**
 * Commands of a server that follows, which it sends whether or not there are requests: its feed, the writes of its
 * document, and the reads that look for documents of others. Whoever waits for the followers reads at a cluster time.
 */
function isOfFollower({ comment, update, delete: deleted, find, readConcern }: Document): boolean {
  if (comment === FEED_COMMENT) return true;
  if (update === NAMES.followers || deleted === NAMES.followers) return true;
  return find === NAMES.followers && readConcern?.afterClusterTime === undefined;
}

/** Replaces the address of the only member of the set, so that the driver finds the proxy under it. */
function renameHost(reply: Message, from: string, to: string): Buffer {
  const { document } = reply;
  if (!Array.isArray(document['hosts'])) return reply.bytes;
  const rename = (host: unknown) => (host === from ? to : host);
  const { hosts, primary, me } = document;
  const names = { hosts: hosts.map(rename), primary: rename(primary), me: rename(me) };
  return withDocument(reply, { ...document, ...names });
}

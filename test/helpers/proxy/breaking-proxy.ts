import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Document } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import type { Owner } from '../owner.ts';
import { answerTo, type Message, messageReader, withDocument } from './wire-messages.ts';

/** What becomes of a command. */
export interface Fault {
  /** Whether MongoDB gets to see it, and does it. */
  readonly isDone: boolean;
  /**
   * What the server gets for an answer, made of MongoDB's own where there is one; `cut`: the connection is
   * closed in its place, `half`: in the middle of it, `silence`: nothing comes.
   */
  answer(own: Document): Document | 'cut' | 'half' | 'silence';
  /** How many commands it hits, one after the other. Default 1. */
  readonly times?: number;
}

/** A way to MongoDB on which the n-th command from now fails, whatever it is. */
export interface BreakingProxy {
  /** The same database, by this way. */
  readonly uri: string;
  /** The `nth` command from now on (the first is 1), and the next ones where the fault says so, meet the fault. */
  arm(nth: number, fault: Fault): void;
  /** How many commands have met the fault so far. */
  countMet(): number;
  /** Ends that, and answers the commands that met the fault, each as `<name> <collection>`. */
  disarm(): readonly string[];
  /** Waits until no command is under way: also those that no answer waits for. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy before the MongoDB of this URI, which has to be a set of one node. */
export async function breakingProxy(t: Owner, uri: string): Promise<BreakingProxy> {
  const upstream = new ConnectionString(uri);
  const own = upstream.hosts[0] ?? '';
  const rule = createRule();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const [host = '', port] = own.split(':');
    const database = connect(Number(port), host);
    const pair = [client, database];
    for (const socket of pair) {
      sockets.add(socket);
      socket.setNoDelay().on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        for (const other of pair) other.destroy();
      });
    }
    relay(client, database, rule, (reply) => renamed(reply, own, upstream.hosts[0] ?? ''));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  upstream.hosts = [`127.0.0.1:${(server.address() as AddressInfo).port}`];

  async function close(): Promise<void> {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
  t.teardown(close);
  return { uri: upstream.href, ...rule, close };
}

type Rule = ReturnType<typeof createRule>;

function createRule() {
  let left = Number.POSITIVE_INFINITY;
  let fault: Fault | undefined;
  let met: string[] = [];
  let underWay = 0;
  let lastMoved = 0;

  return {
    arm(nth: number, next: Fault): void {
      [left, fault, met] = [nth, next, []];
    },

    countMet: () => met.length,

    disarm(): readonly string[] {
      fault = undefined;
      return met;
    },

    async quiet(): Promise<void> {
      while (underWay > 0 || performance.now() - lastMoved < QUIET) await delay(POLL);
    },

    /** What this command meets, if anything. */
    meet(command: Document): Fault | undefined {
      if (fault === undefined || --left >= 1) return undefined;
      if (left <= -(fault.times ?? 1)) return undefined;
      met.push(nameOf(command));
      return fault;
    },

    moved(more: 1 | -1): void {
      underWay += more;
      lastMoved = performance.now();
    },
  };
}

const POLL = 5;
const QUIET = 25;

/** What the driver asks for itself, and what servers count whenever they come to it. */
function isOwn({ $db, update }: Document): boolean {
  return $db === undefined || $db === 'admin' || update === 'daily_counts';
}

function nameOf(command: Document): string {
  const [name = '', collection] = Object.entries(command)[0] ?? [];
  return `${name} ${collection}`;
}

/** Each question goes to MongoDB and each answer back, but for those that meet the fault. */
function relay(client: Socket, database: Socket, rule: Rule, rename: Rename): void {
  const waiting = new Map<number, Fault | undefined>();

  function ask(question: Message): void {
    const isCommand = !isOwn(question.document);
    const fault = isCommand ? rule.meet(question.document) : undefined;
    if (isCommand) {
      rule.moved(1);
      waiting.set(question.requestId, fault);
    }
    if (fault?.isDone !== false) database.write(question.bytes);
    else give(question.requestId, fault.answer({}), (made) => answerTo(question, made));
  }

  function answer(reply: Message): void {
    const fault = waiting.get(reply.responseTo);
    const own = fault?.answer(reply.document);
    if (own !== undefined) give(reply.responseTo, own, (made) => withDocument(reply, made));
    else {
      settle(reply.responseTo);
      client.write(rename(reply));
    }
  }

  function settle(requestId: number): void {
    if (waiting.delete(requestId)) rule.moved(-1);
  }

  /** What is met with silence is under way until the connection is given up. */
  function give(
    requestId: number,
    answer: ReturnType<Fault['answer']>,
    made: (document: Document) => Buffer,
  ): void {
    if (answer === 'silence') return;
    settle(requestId);
    if (answer === 'cut') client.destroy();
    else if (answer === 'half') client.end(made({ ok: 1 }).subarray(0, -3));
    else client.write(made(answer));
  }

  client.on('data', messageReader(ask));
  database.on('data', messageReader(answer));
  client.on('close', () => {
    for (const _ of waiting) rule.moved(-1);
    waiting.clear();
  });
}

type Rename = (reply: Message) => Buffer;

/** The set tells its members' addresses; the driver is to find the proxy under them. */
function renamed(reply: Message, from: string, to: string): Buffer {
  const { document } = reply;
  if (!Array.isArray(document['hosts'])) return reply.bytes;
  const name = (host: unknown) => (host === from ? to : host);
  const { hosts, primary, me } = document;
  const names = { hosts: hosts.map(name), primary: name(primary), me: name(me) };
  return withDocument(reply, { ...document, ...names });
}

import test from 'ava';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { createOutput } from '../../server/output/output.ts';

const LINE = `${'x'.repeat(99)}\n`;

test('Lines beyond the bound are dropped and counted while nobody reads, and the count follows what waited', async (t) => {
  const written: string[] = [];
  const reported: string[] = [];
  let read: () => void = () => undefined;
  let isRead = new Promise<void>((resolve) => {
    read = resolve;
  });
  const descriptor = {
    async write(bytes: Buffer) {
      await isRead;
      written.push(bytes.toString());
      return { written: bytes.length };
    },
  };
  const output = createOutput(descriptor, {
    maxQueued: 1_000,
    describeDropped: (lines) => `dropped ${lines}\n`,
    onDrop: (code) => reported.push(code),
  });
  for (let line = 0; line < 100; line += 1) output.write(LINE);
  t.deepEqual(reported, ['EAGAIN']);
  read();
  isRead = Promise.resolve();
  await output.flush(10_000);
  const lines = written.join('').split('\n').slice(0, -1);
  const [last = ''] = lines.splice(-1);
  t.is(last, `dropped ${100 - lines.length}`);
  t.true(lines.length <= 11);
});

test('The rest of a line that a full disk took in part is counted, and the count begins a line of its own', async (t) => {
  let text = '';
  let room = 150;
  const descriptor = {
    async write(bytes: Buffer) {
      const part = bytes.subarray(0, room);
      room -= part.length;
      text += part;
      return part.length < bytes.length
        ? { written: part.length, code: 'ENOSPC' }
        : { written: part.length };
    },
  };
  const output = createOutput(descriptor, {
    describeDropped: (lines) => `dropped ${lines}\n`,
    onDrop: () => {
      room = 1_000;
    },
  });
  for (let line = 0; line < 5; line += 1) output.write(LINE);
  await waitFor('A note of what was dropped', () => text.includes('dropped'));
  const [first, half, last] = text.split('\n');
  t.deepEqual([first?.length, last], [99, 'dropped 4']);
  t.true((half?.length ?? 0) < 99);
});

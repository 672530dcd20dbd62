import { expect, it } from 'vitest';
import { ByteGate } from '../../../src/lib/byte-gate.ts';
import { TUNING } from '../../../src/sink/mysql/tuning.ts';
import { MEMORY } from '../../../src/task/memory.ts';

it('the next part of a large transaction is let in as soon as one is applied', () => {
  const gate = new ByteGate(TUNING.queuedRoom);
  // It is cut behind the event that makes it full.
  const part = MEMORY.partBytes + 64 * 1024;
  gate.take(part);
  gate.take(part);
  expect(gate.isOpen).toBe(false);
  void gate.waitOpen(new AbortController().signal);
  gate.release(part);
  expect(gate.isOpen).toBe(true);
});

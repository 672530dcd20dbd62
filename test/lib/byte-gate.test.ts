import { describe, expect, it } from 'vitest';
import { ByteGate } from '../../src/lib/byte-gate.ts';

const never = new AbortController().signal;

describe('ByteGate', () => {
  it('closes at the bound and opens at 80 % of it', async () => {
    const gate = new ByteGate(100);
    gate.take(99);
    expect(gate.waitOpen(never)).toBeUndefined();
    gate.take(1);
    const waiting = gate.waitOpen(never);
    expect(waiting).toBeInstanceOf(Promise);
    gate.release(19);
    expect(gate.isOpen).toBe(false);
    gate.release(1);
    await waiting;
    expect(gate.isOpen).toBe(true);
    expect(gate.heldBytes).toBe(80);
  });

  it('lets everyone in who waits, and something larger than the bound once', async () => {
    const gate = new ByteGate(10);
    gate.take(1000);
    const all = [gate.waitOpen(never), gate.waitOpen(never)].map(async (wait) => {
      await wait;
    });
    gate.release(1000);
    await Promise.all(all);
    await gate.waitOpen(never);
  });

  it('a wait ends with the signal; the bytes stay counted', async () => {
    const gate = new ByteGate(10);
    const stop = new AbortController();
    gate.take(10);
    const waiting = gate.waitOpen(stop.signal);
    stop.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    expect(gate.heldBytes).toBe(10);
    await expect(gate.waitOpen(stop.signal)).rejects.toThrow('stop');
  });
});

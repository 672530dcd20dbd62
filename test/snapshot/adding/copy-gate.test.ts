import { describe, expect, it } from 'vitest';
import type { Delivery, Sink } from '../../../src/core/sink.ts';
import { schemaKey } from '../../../src/core/schema-state.ts';
import type { Transaction } from '../../../src/core/transaction.ts';
import { CopyGate } from '../../../src/snapshot/adding/copy-gate.ts';
import { fakeInsert, fakeTable, fakeTransaction } from '../../support/fake-change.ts';

const KEY = schemaKey('shop', 'orders');
const NOTHING = { begin: () => Promise.resolve(), end: () => Promise.resolve() };
const table = fakeTable({ columns: [['id', 'int']] });

function at(offset: number) {
  return { kind: 'coordinates', coordinates: { file: 'binlog.000001', offset } } as const;
}

/** A transaction that begins at 100 × seq and ends at the next; `isLast` false: a part that others follow. */
function delivery(seq: number, isLast = true): Delivery {
  const transaction: Transaction = {
    ...fakeTransaction({ changes: [fakeInsert(table, [[seq]])] }),
    seq,
    gtid: undefined,
    coordinates: { file: 'binlog.000001', offset: seq * 100 },
    part: { index: 0, last: isLast },
    resumeAt: isLast ? at((seq + 1) * 100) : undefined,
  };
  return { transaction, ticket: { seq, ack: () => undefined, fail: () => undefined } };
}

function open() {
  const taken: Transaction[] = [];
  const sink: Sink = {
    name: 'fake',
    open: () => Promise.resolve(undefined),
    write: (batch) => {
      taken.push(...batch.map(({ transaction }) => transaction));
      return Promise.resolve();
    },
    drain: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const { signal } = new AbortController();
  return { gate: new CopyGate(sink, NOTHING), taken, signal };
}

const changesOf = (taken: readonly Transaction[]) => taken.flatMap(({ changes }) => changes);

describe('CopyGate', () => {
  it('holds between transactions and says where, and hands on in order what waited', async () => {
    const { gate, taken, signal } = open();
    await gate.write([delivery(1)], signal);
    const hold = await gate.hold(signal);
    expect(hold.position).toEqual(at(200));
    const waiting = gate.write([delivery(2), delivery(3)], signal);
    await Promise.resolve();
    expect(taken.map(({ seq }) => seq)).toEqual([1]);
    hold.release();
    await waiting;
    expect(taken.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(gate.position).toEqual(at(400));
  });

  it('lets a large transaction come to its end before it holds', async () => {
    const { gate, taken, signal } = open();
    await gate.write([delivery(1, false)], signal);
    const holding = gate.hold(signal);
    const waiting = gate.write([delivery(1), delivery(2)], signal);
    const hold = await holding;
    expect(hold.position).toEqual(at(200));
    expect(taken.map(({ seq }) => seq)).toEqual([1, 1]);
    hold.release();
    await waiting;
    expect(taken.map(({ seq }) => seq)).toEqual([1, 1, 2]);
  });

  it('marks rows of a table that is copied by key', async () => {
    const { gate, taken, signal } = open();
    gate.setMode(KEY, { kind: 'by-key' });
    await gate.write([delivery(1)], signal);
    gate.setMode(KEY, undefined);
    await gate.write([delivery(2)], signal);
    expect(changesOf(taken).map((change) => change.kind === 'rows' && change.byKey)).toEqual([
      true,
      undefined,
    ]);
  });

  it('leaves out what the copy has, up to its position and not beyond', async () => {
    const { gate, taken, signal } = open();
    gate.setMode(KEY, { kind: 'behind', until: at(300) });
    await gate.write([delivery(1), delivery(2), delivery(3), delivery(4)], signal);
    expect(taken.map(({ changes }) => changes.length)).toEqual([0, 0, 1, 1]);
    expect(gate.position).toEqual(at(500));
  });

  it('leaves out rows of what is not there yet', async () => {
    const { gate, taken, signal } = open();
    gate.setMode(KEY, { kind: 'absent' });
    await gate.write([delivery(1)], signal);
    expect(changesOf(taken)).toEqual([]);
  });

  it('gives up a hold with the signal, and goes on', async () => {
    const { gate, taken, signal } = open();
    await gate.write([delivery(1, false)], signal);
    const stop = new AbortController();
    const holding = gate.hold(stop.signal);
    stop.abort(new Error('stopped'));
    await expect(holding).rejects.toThrow('stopped');
    await gate.write([delivery(1), delivery(2)], signal);
    expect(taken.map(({ seq }) => seq)).toEqual([1, 1, 2]);
  });
});

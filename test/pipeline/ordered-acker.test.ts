import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import type { Position } from '../../src/core/position.ts';
import type { OrderedAcker, Ticket } from '../../src/core/ticket.ts';
import type { Transaction } from '../../src/core/transaction.ts';
import { createOrderedAcker } from '../../src/pipeline/ordered-acker.ts';

const never = new AbortController().signal;
const MAX_BYTES = 1000;

const positionOf = (seq: number): Position => ({
  kind: 'coordinates',
  coordinates: { file: 'binlog.000001', offset: 1000 + seq },
});

const start: Checkpoint = { seq: 41, position: positionOf(41) };

function transaction(seq: number, more: Partial<Transaction> = {}): Transaction {
  const last = more.part?.last ?? true;
  return {
    seq,
    origin: 'binlog',
    gtid: undefined,
    coordinates: { file: 'binlog.000001', offset: 1000 + seq },
    committedAtMs: 0,
    serverId: 1,
    threadId: undefined,
    xid: undefined,
    part: { index: 0, last },
    changes: [],
    bytes: 10,
    isTransactional: true,
    resumeAt: last ? positionOf(seq) : undefined,
    schemaDelta: undefined,
    ...more,
  };
}

function trackNow(acker: OrderedAcker, tx: Transaction, receivers = 1): Ticket[] {
  const tickets = acker.track(tx, receivers, never);
  if (!Array.isArray(tickets)) throw new Error('track waits');
  return tickets;
}

function trackOne(acker: OrderedAcker, tx: Transaction): Ticket {
  const [ticket] = trackNow(acker, tx);
  if (ticket === undefined) throw new Error('no ticket');
  return ticket;
}

interface ModelTicket {
  readonly real: Ticket;
  readonly part: ModelPart;
  state: 'open' | 'acked' | 'failed';
  isReleased: boolean;
}
interface ModelPart {
  readonly bytes: number;
  readonly tickets: ModelTicket[];
}
interface ModelTransaction {
  readonly seq: number;
  readonly parts: ModelPart[];
  isWhole: boolean;
  canResume: boolean;
  delta: ReadonlyMap<string, string | null> | undefined;
}

/** The plainest thing that could be right: everything is kept and looked through each time. */
class Model {
  readonly transactions: ModelTransaction[] = [];
  firstFailure: Error | undefined;
  /** How many transactions the steps taken so far cover. */
  taken = 0;

  get tickets(): ModelTicket[] {
    return this.transactions.flatMap((tx) => tx.parts.flatMap((part) => part.tickets));
  }

  get openTransaction(): ModelTransaction | undefined {
    const last = this.transactions.at(-1);
    return last?.isWhole === false ? last : undefined;
  }

  isDone(tx: ModelTransaction): boolean {
    return (
      tx.isWhole && tx.parts.every((part) => part.tickets.every((one) => one.state === 'acked'))
    );
  }

  get prefix(): number {
    const missing = this.transactions.findIndex((tx) => !this.isDone(tx));
    return missing === -1 ? this.transactions.length : missing;
  }

  /** How many transactions lie before the mark: the last resumable one of the prefix and all before. */
  get resumable(): number {
    return this.transactions.slice(0, this.prefix).findLastIndex((tx) => tx.canResume) + 1;
  }

  get lowWater(): Checkpoint {
    const last = this.transactions[this.resumable - 1];
    return last === undefined ? start : { seq: last.seq, position: positionOf(last.seq) };
  }

  get bytes(): number {
    return this.transactions
      .flatMap((tx) => tx.parts)
      .filter((part) => part.tickets.some((one) => !one.isReleased))
      .reduce((sum, part) => sum + part.bytes, 0);
  }
}

interface Real {
  readonly acker: OrderedAcker;
}

function compare(model: Model, { acker }: Real): void {
  expect(acker.lowWater).toEqual(model.lowWater);
  expect(acker.bytesInFlight).toBe(model.bytes);
  expect(acker.oldest?.transaction.seq).toBe(model.transactions[model.prefix]?.seq);
}

class Track implements fc.Command<Model, Real> {
  readonly shape: {
    receivers: number;
    last: boolean;
    bytes: number;
    canResume: boolean;
    delta: [string, string | null][] | undefined;
  };
  constructor(shape: Track['shape']) {
    this.shape = shape;
  }
  check(model: Readonly<Model>): boolean {
    return model.firstFailure === undefined;
  }
  run(model: Model, real: Real): void {
    const { receivers, last, bytes, canResume } = this.shape;
    const open = model.openTransaction;
    const tx: ModelTransaction = open ?? {
      seq: start.seq + 1 + model.transactions.length,
      parts: [],
      isWhole: false,
      canResume: false,
      delta: undefined,
    };
    const delta = last && this.shape.delta ? new Map(this.shape.delta) : undefined;
    const tickets = trackNow(
      real.acker,
      transaction(tx.seq, {
        part: { index: tx.parts.length, last },
        bytes,
        resumeAt: last && canResume ? positionOf(tx.seq) : undefined,
        schemaDelta: delta,
      }),
      receivers,
    );
    expect(tickets).toHaveLength(receivers);
    const part: ModelPart = { bytes, tickets: [] };
    for (const ticket of tickets) {
      part.tickets.push({ real: ticket, part, state: 'open', isReleased: false });
    }
    if (open === undefined) model.transactions.push(tx);
    tx.parts.push(part);
    tx.isWhole = last;
    tx.canResume = last && canResume;
    tx.delta = delta;
    compare(model, real);
  }
  toString(): string {
    return `track(${JSON.stringify(this.shape)})`;
  }
}

class Settle implements fc.Command<Model, Real> {
  readonly how: 'ack' | 'fail' | 'release' | 'again';
  readonly pick: number;
  constructor(how: Settle['how'], pick: number) {
    this.how = how;
    this.pick = pick;
  }
  #candidates(model: Model): ModelTicket[] {
    return model.tickets.filter((one) => (one.state === 'open') === (this.how !== 'again'));
  }
  check(model: Readonly<Model>): boolean {
    return this.#candidates(model).length > 0;
  }
  run(model: Model, real: Real): void {
    const candidates = this.#candidates(model);
    const ticket = candidates[this.pick % candidates.length];
    if (ticket === undefined) return;
    if (this.how === 'again') {
      expect(() => {
        ticket.real.ack();
      }).toThrow(/settled twice/);
    } else {
      ticket.isReleased = true;
      this.#settle(ticket, model);
    }
    compare(model, real);
  }
  #settle(ticket: ModelTicket, model: Model): void {
    if (this.how === 'release') {
      ticket.real.release?.();
    } else if (this.how === 'ack') {
      ticket.state = 'acked';
      ticket.real.ack();
    } else {
      const reason = new Error(`refused ${this.pick}`);
      model.firstFailure ??= reason;
      ticket.state = 'failed';
      ticket.real.fail(reason);
    }
  }
  toString(): string {
    return `${this.how}(${this.pick})`;
  }
}

class TakeStep implements fc.Command<Model, Real> {
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const step = real.acker.takeStep();
    const { resumable } = model;
    if (resumable === model.taken) {
      expect(step).toBeUndefined();
      return;
    }
    const deltas = model.transactions.slice(model.taken, resumable).map((tx) => tx.delta);
    const merged = new Map(deltas.flatMap((delta) => [...(delta ?? [])]));
    expect(step).toMatchObject(model.lowWater);
    expect(new Map(step?.schemaDelta ?? [])).toEqual(merged);
    model.taken = resumable;
  }
  toString(): string {
    return 'takeStep';
  }
}

const delta = fc.option(
  fc.array(
    fc.tuple(fc.constantFrom('t1', 't2', 't3'), fc.option(fc.constantFrom('v1', 'v2', 'v3'))),
    { maxLength: 3 },
  ),
  { nil: undefined },
);
const commands = fc.commands(
  [
    fc
      .record({
        receivers: fc.integer({ min: 0, max: 3 }),
        last: fc.boolean(),
        bytes: fc.integer({ min: 0, max: 100 }),
        canResume: fc.boolean(),
        delta,
      })
      .map((shape) => new Track(shape)),
    fc.nat().map((pick) => new Settle('ack', pick)),
    fc.nat().map((pick) => new Settle('ack', pick)),
    fc.nat().map((pick) => new Settle('release', pick)),
    fc.nat().map((pick) => new Settle('again', pick)),
    fc.integer({ min: 0, max: 50 }).map((pick) => new Settle('fail', pick)),
    fc.constant(new TakeStep()),
  ],
  { size: '+1' },
);

describe('OrderedAcker against a model', () => {
  it('agrees under fission, vanishing, parts and failure in any order', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const acker = createOrderedAcker({ from: start });
        const model = new Model();
        fc.modelRun(() => ({ model, real: { acker } }), sequence);
        const outcome = acker.failed.catch((error: unknown) => error);
        if (model.firstFailure !== undefined) expect(await outcome).toBe(model.firstFailure);
      }),
      { numRuns: 400 },
    );
  });

  it('ends at the last transaction whatever the order of the acknowledgements', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(3000).keys()], { minLength: 3000 }), (order) => {
        const acker = createOrderedAcker({ from: start, maxBytes: Infinity });
        const tickets = order.map((_, i) => trackOne(acker, transaction(42 + i)));
        for (const i of order) tickets[i]?.ack();
        expect(acker.lowWater?.seq).toBe(41 + order.length);
        expect(acker.bytesInFlight).toBe(0);
      }),
      { numRuns: 5 },
    );
  });
});

describe('I1: a checkpoint never passes an unacknowledged transaction', () => {
  it('waits for each receiver of each part', () => {
    const acker = createOrderedAcker({ from: start });
    const first = trackNow(acker, transaction(42, { part: { index: 0, last: false } }), 2);
    const second = trackNow(acker, transaction(42, { part: { index: 1, last: true } }), 2);
    const behind = trackOne(acker, transaction(43));
    behind.ack();
    const open = [...first, ...second];
    for (const ticket of open) {
      expect(acker.takeStep()).toBeUndefined();
      ticket.ack();
    }
    expect(acker.takeStep()?.seq).toBe(43);
  });

  it('stays before a transaction that was refused', () => {
    const acker = createOrderedAcker({ from: start });
    const tickets = [42, 43, 44].map((seq) => trackOne(acker, transaction(seq)));
    tickets[1]?.fail(new Error('no'));
    tickets[2]?.ack();
    tickets[0]?.ack();
    expect(acker.takeStep()?.seq).toBe(42);
  });

  it('a vanished transaction moves it, but not past one in flight', () => {
    const acker = createOrderedAcker({ from: start });
    const ticket = trackOne(acker, transaction(42));
    trackNow(acker, transaction(43), 0);
    expect(acker.lowWater).toEqual(start);
    ticket.ack();
    expect(acker.lowWater?.seq).toBe(43);
  });
});

describe('I2: a checkpoint is always a commit boundary', () => {
  it('does not move before the last part, though all parts so far are acknowledged', () => {
    const acker = createOrderedAcker({ from: start });
    trackOne(acker, transaction(42, { part: { index: 0, last: false } })).ack();
    trackNow(acker, transaction(42, { part: { index: 1, last: false } }), 0);
    expect(acker.lowWater).toEqual(start);
    trackNow(acker, transaction(42, { part: { index: 2, last: true } }), 0);
    expect(acker.lowWater).toEqual({ seq: 42, position: positionOf(42) });
  });

  it('a delta travels with the first position at or behind its transaction', () => {
    const acker = createOrderedAcker({ from: start });
    const schemaDelta = new Map([['d\0t', '{}']]);
    trackNow(acker, transaction(42, { resumeAt: undefined, schemaDelta }), 0);
    expect(acker.takeStep()).toBeUndefined();
    trackNow(acker, transaction(43), 0);
    expect(acker.takeStep()).toEqual({ seq: 43, position: positionOf(43), schemaDelta });
  });
});

describe('I3: order is seq, never position text', () => {
  it('follows the numbers where the positions go backwards', () => {
    const acker = createOrderedAcker({ from: start });
    const back: Position = { kind: 'coordinates', coordinates: { file: 'a.000001', offset: 4 } };
    trackOne(acker, transaction(42, { resumeAt: back })).ack();
    expect(acker.lowWater).toEqual({ seq: 42, position: back });
  });

  it.each([
    ['a gap', transaction(43)],
    ['a repetition', transaction(41)],
    ['a part without its first', transaction(42, { part: { index: 1, last: true } })],
  ])('refuses %s', (_, tx) => {
    const acker = createOrderedAcker({ from: start });
    expect(() => acker.track(tx, 1, never)).toThrow(
      expect.objectContaining({ code: 'INTERNAL_FAULT' }),
    );
  });

  it('refuses the next transaction while one is in parts', () => {
    const acker = createOrderedAcker({ from: start });
    trackNow(acker, transaction(42, { part: { index: 0, last: false } }));
    expect(() => acker.track(transaction(43), 1, never)).toThrow(/part 0 of 43/);
  });
});

describe('I4: bytes in flight are bounded', () => {
  it('waits at the limit and goes on below four fifths of it', async () => {
    const acker = createOrderedAcker({ from: start, maxBytes: MAX_BYTES });
    const tickets = [42, 43, 44, 45, 46, 47, 48, 49, 50, 51].map((seq) =>
      trackOne(acker, transaction(seq, { bytes: 100 })),
    );
    let isIn = false;
    const waiting = Promise.resolve(acker.track(transaction(52), 1, never)).then((got) => {
      isIn = true;
      return got;
    });
    tickets[0]?.ack();
    tickets[1]?.ack();
    await Promise.resolve();
    await new Promise(setImmediate);
    expect(isIn).toBe(false);
    tickets[2]?.ack();
    expect(await waiting).toHaveLength(1);
    expect(acker.bytesInFlight).toBe(710);
  });

  it('counts transactions too', async () => {
    const acker = createOrderedAcker({ from: start, maxTransactions: 2 });
    const tickets = [42, 43].map((seq) => trackOne(acker, transaction(seq)));
    const waiting = acker.track(transaction(44), 0, never);
    expect(waiting).toBeInstanceOf(Promise);
    // The second alone does not help: the head is what is in the way.
    tickets[1]?.ack();
    tickets[0]?.ack();
    await waiting;
    expect(acker.lowWater?.seq).toBe(44);
  });

  it('lets one transaction in that is larger than the limit, and never waits inside of one', () => {
    const acker = createOrderedAcker({ from: start, maxBytes: MAX_BYTES });
    trackNow(acker, transaction(42, { bytes: 5000, part: { index: 0, last: false } }));
    trackNow(acker, transaction(42, { bytes: 5000, part: { index: 1, last: true } }));
    expect(acker.track(transaction(43), 1, never)).toBeInstanceOf(Promise);
  });

  it('released bytes count no more, though the mark stays', () => {
    const acker = createOrderedAcker({ from: start, maxBytes: MAX_BYTES });
    const tickets = trackNow(acker, transaction(42, { bytes: 5000 }), 2);
    tickets[0]?.release?.();
    expect(acker.bytesInFlight).toBe(5000);
    tickets[1]?.release?.();
    expect(acker.bytesInFlight).toBe(0);
    trackNow(acker, transaction(43));
    expect(acker.lowWater).toEqual(start);
  });

  it('a wait ends by the signal, with nothing tracked', async () => {
    const acker = createOrderedAcker({ from: start, maxBytes: MAX_BYTES });
    const ticket = trackOne(acker, transaction(42, { bytes: MAX_BYTES }));
    const stop = new AbortController();
    const waiting = acker.track(transaction(43), 1, stop.signal);
    stop.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    ticket.ack();
    trackNow(acker, transaction(43), 0);
    expect(acker.lowWater?.seq).toBe(43);
  });

  it('a wait ends by a failure', async () => {
    const acker = createOrderedAcker({ from: start, maxBytes: MAX_BYTES });
    const ticket = trackOne(acker, transaction(42, { bytes: MAX_BYTES }));
    const waiting = acker.track(transaction(43), 1, never);
    ticket.fail(new Error('refused'));
    await expect(waiting).rejects.toThrow('refused');
    expect(() => acker.track(transaction(43), 1, never)).toThrow('refused');
  });
});

describe('I5: every ticket is settled once', () => {
  it.each(['ack', 'fail'] as const)('refuses anything after %s', (how) => {
    const acker = createOrderedAcker({ from: start });
    const ticket = trackOne(acker, transaction(42));
    if (how === 'ack') ticket.ack();
    else ticket.fail(new Error('no'));
    const fault = expect.objectContaining({ code: 'INTERNAL_FAULT' }) as Error;
    expect(() => {
      ticket.ack();
    }).toThrow(fault);
    expect(() => {
      ticket.fail(new Error('again'));
    }).toThrow(fault);
  });

  it('names the head that is stuck and since when', () => {
    let nowMs = 5;
    const clock = { monotonicMs: () => nowMs, nowMs: () => nowMs };
    const acker = createOrderedAcker({ from: start, clock });
    const stuck = trackOne(acker, transaction(42));
    nowMs = 90;
    const next = trackOne(acker, transaction(43));
    expect(acker.oldest).toMatchObject({ transaction: { seq: 42 }, sinceMs: 5 });
    stuck.ack();
    expect(acker.oldest).toMatchObject({ transaction: { seq: 43 }, sinceMs: 90 });
    next.ack();
    expect(acker.oldest).toBeUndefined();
  });

  it('drained resolves when the last ticket is settled, and rejects on a failure', async () => {
    const acker = createOrderedAcker({ from: start });
    await acker.drained();
    const tickets = [42, 43].map((seq) => trackOne(acker, transaction(seq)));
    const drained = acker.drained();
    tickets[1]?.ack();
    tickets[0]?.ack();
    await drained;
    const last = trackOne(acker, transaction(44));
    const refused = acker.drained();
    last.fail(new Error('refused'));
    await expect(refused).rejects.toThrow('refused');
    await expect(acker.failed).rejects.toThrow('refused');
  });
});

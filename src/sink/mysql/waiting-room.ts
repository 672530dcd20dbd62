import type { Delivery } from '../../core/sink.ts';
import { systemClock } from '../../lib/clock.ts';
import { isDdlDelivery, type GroupBuilder, type Unit } from './group-builder.ts';
import { partitionOf } from './partition-waits.ts';
import { TUNING } from './tuning.ts';

interface Parked {
  deliveries: Delivery[];
  tryAtMs: number;
  delayMs: number;
}

/**
 * Deliveries of partitions that wait, in their order, beside those of the others. Those of a partition are taken out now
 * and then as one group: a row that can't come in because another partition was ahead is often gone again a little
 * later, and then their net effect meets nothing. Once they were applied, the rest goes back among the others.
 */
export class WaitingRoom {
  readonly #builder: GroupBuilder;
  readonly #parked = new Map<string, Parked>();

  constructor(builder: GroupBuilder) {
    this.#builder = builder;
  }

  get isEmpty(): boolean {
    return this.#parked.size === 0;
  }

  /** Milliseconds until the next of them may be tried; undefined: none waits. */
  get nextInMs(): number | undefined {
    let next: number | undefined;
    for (const { tryAtMs } of this.#parked.values()) next = Math.min(next ?? Infinity, tryAtMs);
    return next === undefined ? undefined : Math.max(0, next - systemClock.monotonicMs());
  }

  /** True: its partition waits, and so does it. */
  admit(delivery: Delivery): boolean {
    const parked = this.#parked.get(nameOf(delivery));
    parked?.deliveries.push(delivery);
    return parked !== undefined;
  }

  /** So much waits in its partition that no more should come. */
  isFull(delivery: Delivery): boolean {
    const { deliveries = [] } = this.#parked.get(nameOf(delivery)) ?? {};
    let bytes = 0;
    for (const { transaction } of deliveries) bytes += transaction.bytes;
    return bytes >= TUNING.waitBytes;
  }

  /** Puts back what could not be applied, with what waits behind it. Returns what came in newly. */
  park(returned: readonly Delivery[]): Delivery[] {
    const names = new Set(returned.map(nameOf));
    const queued = this.#builder.takeOut((delivery) => names.has(nameOf(delivery)));
    const all = [...returned, ...queued].sort((a, b) => a.transaction.seq - b.transaction.seq);
    const nowMs = systemClock.monotonicMs();
    for (const name of names) {
      const known = this.#parked.get(name);
      const delayMs = Math.min((known?.delayMs ?? TUNING.waitMinMs / 2) * 2, TUNING.waitMaxMs);
      const mine = all.filter((delivery) => nameOf(delivery) === name);
      const deliveries = [...mine, ...(known?.deliveries ?? [])];
      deliveries.sort((a, b) => a.transaction.seq - b.transaction.seq);
      this.#parked.set(name, { deliveries, delayMs, tryAtMs: nowMs + delayMs });
    }
    return all;
  }

  /** What waits in a partition whose time has come, up to a DDL. */
  take(): Unit | undefined {
    const nowMs = systemClock.monotonicMs();
    for (const parked of this.#parked.values()) {
      const { deliveries } = parked;
      const [first] = deliveries;
      if (parked.tryAtMs > nowMs || first === undefined) continue;
      const ddl = deliveries.findIndex(isDdlDelivery);
      const end = ddl === -1 ? deliveries.length : Math.max(ddl, 1);
      parked.deliveries = deliveries.slice(end);
      return ddl === 0
        ? { kind: 'ddl', delivery: first }
        : { kind: 'group', deliveries: deliveries.slice(0, end) };
    }
    return undefined;
  }

  /** Its partition waits no more. */
  release(delivery: Delivery): void {
    const name = nameOf(delivery);
    const parked = this.#parked.get(name);
    this.#parked.delete(name);
    for (const one of parked?.deliveries ?? []) this.#builder.push(one);
  }

  clear(): void {
    this.#parked.clear();
  }
}

function nameOf({ transaction }: Delivery): string {
  return partitionOf(transaction).name;
}

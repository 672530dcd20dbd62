import type { Delivery } from '../../core/sink.ts';
import { isDdlDelivery, type GroupBuilder, type Unit } from './group-builder.ts';

export interface UnitsAheadOptions {
  /** So many may be ahead. */
  readonly limit: number;
  /** False: it can't be planned before its turn, and so nothing behind it can. */
  readonly plan: (deliveries: readonly Delivery[]) => boolean;
}

/** What waits to be applied, in its order; the next units are taken out early and planned while the target is busy. */
export class UnitsAhead {
  readonly #builder: GroupBuilder;
  readonly #options: UnitsAheadOptions;
  readonly #units: Unit[] = [];
  #isAtEnd = false;

  constructor(builder: GroupBuilder, options: UnitsAheadOptions) {
    this.#builder = builder;
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#units.length === 0 && this.#builder.isEmpty;
  }

  take(): Unit | undefined {
    const unit = this.#units.shift() ?? this.#builder.take();
    if (this.#units.length === 0) this.#isAtEnd = false;
    return unit;
  }

  /** Takes and plans one more; behind a DDL tables may differ. False: there is no more to do now. */
  planNext(): boolean {
    const { limit } = this.#options;
    if (this.#units.length >= limit || this.#isAtEnd || !this.#builder.hasFullGroup) return false;
    const unit = this.#builder.take();
    if (unit === undefined) return false;
    this.#units.push(unit);
    this.#isAtEnd = !this.#plan(unit);
    return !this.#isAtEnd && this.#units.length < limit;
  }

  #plan(unit: Unit): boolean {
    if (!isRowsOnly(unit)) return false;
    try {
      const isPlanned = this.#options.plan(
        unit.kind === 'group' ? unit.deliveries : [unit.delivery],
      );
      return isPlanned && unit.kind === 'group';
    } catch {
      // Planned again at its turn, where a fault has its place.
      return false;
    }
  }
}

/** No definition can change by it. */
export function isRowsOnly(unit: Unit): boolean {
  return unit.kind === 'group' || (unit.kind === 'part' && !isDdlDelivery(unit.delivery));
}

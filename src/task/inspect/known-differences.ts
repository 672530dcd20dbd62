import type { KnownDifference } from '../../checkpoint/inspection-store.ts';
import type { FoundDifference, TableReport } from '../../inspect/inspection-report.ts';

export interface RoundOutcome {
  /** What is known after this round. */
  readonly known: readonly KnownDifference[];
  /** Those that have been there, the same, for so many rounds now. */
  readonly alarms: readonly KnownDifference[];
  /** Those with an alarm that are gone. */
  readonly resolved: readonly KnownDifference[];
}

export interface Round {
  readonly tables: readonly TableReport[];
  readonly alarmAfter: number;
  readonly nowMs: number;
}

/**
 * A difference counts on from round to round while its row stays exactly as it was on both ends. A row
 * that moved begins anew. What waits for replication is lag, and lag has alarms of its own.
 */
export function followDifferences(
  before: readonly KnownDifference[],
  { tables, alarmAfter, nowMs }: Round,
): RoundOutcome {
  const earlier = new Map(before.map((one) => [keyOf(one), one]));
  const known: KnownDifference[] = [];
  const alarms: KnownDifference[] = [];
  for (const difference of currentOf(tables)) {
    const last = earlier.get(keyOf(difference));
    const isSame = last?.fingerprint === difference.fingerprint;
    const rounds = isSame ? last.rounds + 1 : 1;
    const wasAlarmed = isSame && last.isAlarmed;
    const isAlarmed = wasAlarmed || rounds >= alarmAfter;
    const firstSeenAtMs = isSame ? last.firstSeenAtMs : nowMs;
    const now = { ...difference, rounds, firstSeenAtMs, isAlarmed };
    known.push(now);
    if (isAlarmed && !wasAlarmed) alarms.push(now);
  }
  const left = new Set(known.map(keyOf));
  return {
    known,
    alarms,
    resolved: before.filter((one) => one.isAlarmed && !left.has(keyOf(one))),
  };
}

type Current = Pick<KnownDifference, 'table' | 'key' | 'fingerprint'>;

function* currentOf(tables: readonly TableReport[]): Generator<Current> {
  for (const { table, problem, differences } of tables) {
    if (problem !== null) yield { table, key: '', fingerprint: problem };
    for (const difference of differences) {
      if (difference.isRepaired || difference.cause === 'behind') continue;
      yield { table, key: difference.key, fingerprint: fingerprintOf(difference) };
    }
  }
}

function fingerprintOf({ kind, copies, columns }: FoundDifference): string {
  return JSON.stringify([kind, copies, columns.map((one) => [one.column, one.source, one.target])]);
}

function keyOf({ table, key }: Pick<KnownDifference, 'table' | 'key'>): string {
  return `${table}\0${key}`;
}

import type { RetentionStatus } from '../status/task-status.ts';
import type { SourceHead } from '../source/binlog/head-probe.ts';

/** What is measured over this long counts as the speed of now. */
const WINDOW_MS = 60_000;

interface Sample {
  readonly atMs: number;
  /** Commit time of what is done. */
  readonly doneMs: number;
  readonly headBytes: number;
  readonly bytesBehind: number;
}

/**
 * How long until the source purges what is not done yet. The position moves through the source's history
 * at some speed, and so does the edge behind which the source forgets; both are straight lines of the
 * last minute, and where they meet the position is lost.
 */
export class RetentionWatch {
  readonly #samples: Sample[] = [];

  /** `bytesBehind`: from the position to the head. */
  look(head: SourceHead, bytesBehind: number, doneMs: number, nowMs: number): void {
    const { coordinates } = head.position;
    const before = head.files.filter(({ name }) => name !== coordinates.file);
    const headBytes = before.reduce((sum, { bytes }) => sum + bytes, coordinates.offset);
    this.#samples.push({ atMs: nowMs, doneMs, headBytes, bytesBehind });
    while (this.#samples.length > 2 && nowMs - (this.#samples[0]?.atMs ?? 0) > WINDOW_MS) {
      this.#samples.shift();
    }
  }

  status(head: SourceHead, nowMs: number): RetentionStatus | null {
    const last = this.#samples.at(-1);
    const first = this.#samples[0];
    if (last === undefined || first === undefined) return null;
    const { keepsSeconds, keepsBytes } = head;
    const wallMs = Math.max(1, last.atMs - first.atMs);
    const isMeasured = last !== first;
    const byTime = {
      isLimited: keepsSeconds > 0,
      spare: keepsSeconds - (nowMs - last.doneMs) / 1000,
      // Seconds of the source's history a second.
      gain: 1 - (isMeasured ? (last.doneMs - first.doneMs) / wallMs : 1),
      growth: 1,
    };
    const perSecond = (bytes: number): number => (bytes * 1000) / wallMs;
    const byBytes = {
      isLimited: keepsBytes > 0,
      spare: keepsBytes - last.bytesBehind,
      gain: perSecond(last.bytesBehind - first.bytesBehind),
      growth: perSecond(last.headBytes - first.headBytes),
    };
    return {
      oldestFile: head.files[0]?.name ?? null,
      keepsSeconds,
      keepsBytes,
      spareSeconds: soonest([byTime, byBytes], ({ growth }) => growth),
      lostInSeconds: soonest([byTime, byBytes], ({ gain }) => gain),
    };
  }
}

interface Limit {
  readonly isLimited: boolean;
  readonly spare: number;
  readonly gain: number;
  readonly growth: number;
}

/** Slower than this is standing still, or noise. */
const LEAST_SPEED = 0.02;

function soonest(limits: readonly Limit[], speedOf: (limit: Limit) => number): number | null {
  const times = limits
    .filter((limit) => limit.isLimited && speedOf(limit) > LEAST_SPEED)
    .map((limit) => Math.max(0, limit.spare / speedOf(limit)));
  return times.length === 0 ? null : Math.round(Math.min(...times));
}

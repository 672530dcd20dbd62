import type { Writable } from 'node:stream';
import { systemClock } from '../lib/clock.ts';

export interface ProgressState {
  /** What is under way, at the left. */
  readonly label: string;
  readonly done: number;
  /** A guess; 0: not known. */
  readonly expected: number;
  /** More, at the right. */
  readonly detail?: string;
}

const QUIET_MS = 2_000;
const REDRAW_MS = 200;
const LINE_MS = 10_000;
const WIDTH = 28;

/**
 * Where something that takes long is: on a terminal a bar that is drawn over itself, elsewhere a line
 * now and then. What is done within two seconds shows nothing.
 */
export class ProgressBar {
  readonly #output: Writable;
  readonly #unit: string;
  readonly #isTerminal: boolean;
  readonly #startedMs = systemClock.monotonicMs();
  #nextMs: number;
  #isDrawn = false;

  constructor(output: Writable, unit: string) {
    this.#output = output;
    this.#unit = unit;
    this.#isTerminal = 'isTTY' in output && output.isTTY === true;
    this.#nextMs = this.#startedMs + (this.#isTerminal ? QUIET_MS : LINE_MS);
  }

  update(state: ProgressState): void {
    const nowMs = systemClock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + (this.#isTerminal ? REDRAW_MS : LINE_MS);
    const line = this.#line(state, (nowMs - this.#startedMs) / 1000);
    this.#output.write(this.#isTerminal ? `\r\u001b[K${line}` : `${line}\n`);
    this.#isDrawn = this.#isTerminal;
  }

  /** The bar is taken away. */
  close(): void {
    if (this.#isDrawn) this.#output.write('\r\u001b[K');
    this.#isDrawn = false;
  }

  #line({ label, done, expected, detail }: ProgressState, seconds: number): string {
    const rate = done / Math.max(seconds, 0.001);
    const parts = [label];
    if (expected > 0) {
      // A guess may be too low: never more than all before it is all.
      const share = Math.min(0.99, done / expected);
      if (this.#isTerminal) parts.push(bar(share));
      parts.push(`${Math.floor(share * 100)} %`);
    }
    parts.push(`${count(done)} ${this.#unit}`, `${count(rate)}/s`);
    const left = (expected - done) / rate;
    if (left > 0 && Number.isFinite(left)) parts.push(`${formatSeconds(left)} left`);
    if (detail !== undefined && detail !== '') parts.push(detail);
    return parts.join('  ');
  }
}

function bar(share: number): string {
  const full = Math.round(share * WIDTH);
  return '█'.repeat(full) + '░'.repeat(WIDTH - full);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

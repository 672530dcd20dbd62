/** Heartbeat periods without a byte after which a source counts as silent. */
const SILENT_PERIODS = 3;
/** The same while it looks for the place where to begin. */
const SEEKING_PERIODS = 24;

export interface WatchdogOptions {
  readonly periodMs: number;
  /** Grows with every byte that comes in. */
  readonly receivedBytes: () => number;
  /** We do not read ourselves: then silence says nothing. */
  readonly isPaused: () => boolean;
  /** It may be reading through a large file for the place that was asked for, and says nothing meanwhile. */
  readonly isSeeking?: () => boolean;
  /** Told for how many periods nothing came. */
  readonly onSilent: (periods: number) => void;
}

/**
 * Notices a peer that neither sends nor closes: a frozen server, a link that swallows packets. It
 * counts periods instead of comparing clocks, because when our own process was busy for long, its
 * timers come before the bytes that wait in the socket, and then one period is late, not three.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  #seenBytes = -1;
  #silentPeriods = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#tick();
    }, options.periodMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const received = this.#options.receivedBytes();
    const isHeard = received !== this.#seenBytes || this.#options.isPaused();
    this.#seenBytes = received;
    this.#silentPeriods = isHeard ? 0 : this.#silentPeriods + 1;
    const isSeeking = this.#options.isSeeking?.() === true;
    if (this.#silentPeriods >= (isSeeking ? SEEKING_PERIODS : SILENT_PERIODS)) {
      this.stop();
      this.#options.onSilent(this.#silentPeriods);
    }
  }
}

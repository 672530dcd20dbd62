import { spawn } from 'node:child_process';
import type { Logger } from '../lib/logger.ts';

export interface ServiceNotifierOptions {
  /** Asked for a unit with WatchdogSec: nothing for so long, and systemd takes the process for hung. */
  readonly watchdogMs: number | undefined;
  /** One line for `systemctl status`. */
  readonly summary: () => string;
  readonly logger: Logger;
  /** What carries a message to the socket; takes its lines as arguments. */
  readonly program?: string;
}

const SUMMARY_MS = 10_000;
const MAX_SUMMARY = 200;

/**
 * Tells systemd how the service is (sd_notify(3)): that it has begun, that it lives, that it stops. Node has no Unix
 * datagram sockets, so `systemd-notify` sends each message; it comes with systemd and finds the socket in NOTIFY_SOCKET,
 * which it inherits. The unit needs NotifyAccess=all for that: the sender is a child of ours.
 *
 * The pings come from the event loop, so a process that hangs sends none.
 */
export class ServiceNotifier {
  readonly #options: ServiceNotifierOptions;
  #timer: NodeJS.Timeout | undefined;
  #hasWarned = false;

  constructor(options: ServiceNotifierOptions) {
    this.#options = options;
  }

  /** What was asked of the service has begun; from here on it is told every few seconds that it lives. */
  ready(): void {
    const { watchdogMs } = this.#options;
    this.#send('READY=1', this.#summary());
    const pulse = watchdogMs === undefined ? [] : ['WATCHDOG=1'];
    // A third: one ping may be late and one lost.
    const everyMs = Math.min(SUMMARY_MS, (watchdogMs ?? Infinity) / 3);
    this.#timer = setInterval(() => {
      this.#send(...pulse, this.#summary());
    }, everyMs);
    this.#timer.unref();
  }

  /** The pings go on: a stop may take its time. */
  stopping(): void {
    this.#send('STOPPING=1', 'STATUS=stopping: what is under way is finished or rolled back');
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #summary(): string {
    const line = this.#options.summary().replaceAll(/\p{Cc}+/gu, ' ');
    return `STATUS=${line.slice(0, MAX_SUMMARY)}`;
  }

  #send(...lines: readonly string[]): void {
    const child = spawn(this.#options.program ?? 'systemd-notify', lines, { stdio: 'ignore' });
    child.on('error', (error) => {
      this.#warn(error.message);
    });
    child.on('exit', (code) => {
      if (code !== null && code !== 0) this.#warn(`it ended with ${code}`);
    });
    child.unref();
  }

  #warn(reason: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const text = 'systemd hears nothing of this service: systemd-notify does not work';
    this.#options.logger.warn({ reason }, text);
  }
}

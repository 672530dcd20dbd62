import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Watchdog } from '../../src/replica/watchdog.ts';

describe('Watchdog', () => {
  let received: number;
  let isPaused: boolean;
  let silences: number;
  let watchdog: Watchdog;

  beforeEach(() => {
    vi.useFakeTimers();
    [received, isPaused, silences] = [0, false, 0];
    watchdog = new Watchdog({
      periodMs: 1000,
      receivedBytes: () => received,
      isPaused: () => isPaused,
      onSilent: () => (silences += 1),
    });
  });

  afterEach(() => {
    watchdog.stop();
    vi.useRealTimers();
  });

  it('has patience with a server that looks for the place where to begin', () => {
    watchdog.stop();
    let isSeeking = true;
    const heard: number[] = [];
    const patient = new Watchdog({
      periodMs: 1000,
      receivedBytes: () => received,
      isPaused: () => false,
      isSeeking: () => isSeeking,
      onSilent: (periods) => heard.push(periods),
    });
    vi.advanceTimersByTime(20_000);
    expect(heard).toEqual([]);
    received = 1;
    isSeeking = false;
    vi.advanceTimersByTime(4000);
    expect(heard).toEqual([3]);
    patient.stop();
  });

  it('barks once after three periods without a byte', () => {
    vi.advanceTimersByTime(3999);
    expect(silences).toBe(0);
    vi.advanceTimersByTime(1);
    expect(silences).toBe(1);
    vi.advanceTimersByTime(20_000);
    expect(silences).toBe(1);
  });

  it('is content with one byte in three periods', () => {
    for (let i = 0; i < 20; i += 1) {
      received += 1;
      vi.advanceTimersByTime(2999);
    }
    expect(silences).toBe(0);
  });

  it('does not count while we do not read, and counts anew after', () => {
    isPaused = true;
    vi.advanceTimersByTime(60_000);
    isPaused = false;
    vi.advanceTimersByTime(2000);
    expect(silences).toBe(0);
    vi.advanceTimersByTime(1000);
    expect(silences).toBe(1);
  });
});

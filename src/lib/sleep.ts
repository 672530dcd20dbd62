import { setTimeout as delay } from 'node:timers/promises';
import { abortReason } from './until-aborted.ts';

/** Resolves after `ms`; rejects with the signal's own reason as soon as it is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const sleep: Sleep = async (ms, signal) => {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    throw error;
  }
};

#!/usr/bin/env node
import { runCli } from './cli/program.ts';

/** A stop is clean within ten seconds; what has not ended by then loses nothing by being cut off. */
const STOP_DEADLINE_MS = 9_500;

const stop = new AbortController();
let signals = 0;

function onSignal(): void {
  signals += 1;
  // Asked twice: at once. The target rolls back what was not committed.
  if (signals > 1) process.exit(130);
  stop.abort(new Error('stopped by a signal'));
  setTimeout(() => process.exit(0), STOP_DEADLINE_MS).unref();
}

process.on('SIGTERM', onSignal);
process.on('SIGINT', onSignal);

const { stdout, stderr } = process;
// A reader that has gone is noticed by the command that writes; here it only must not be a crash.
stdout.on('error', () => undefined);
process.exit(await runCli(process.argv.slice(2), { stdout, stderr, signal: stop.signal }));

#!/usr/bin/env node
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
// The terminal was closed.
process.on('SIGHUP', onSignal);

const { stdout, stderr } = process;
// Nobody reads the results any more: there is nothing left to do.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') stop.abort(new Error('the reader of standard output has gone'));
});
// Nobody reads the log any more: the work goes on.
stderr.on('error', () => undefined);
// Loaded here and not above: that takes a while, in which a signal must end the command cleanly too.
const { runCli } = await import('./cli/program.ts');
const io = { stdout, stderr, signal: stop.signal };
const exitCode = stop.signal.aborted ? 0 : await runCli(process.argv.slice(2), io);
await Promise.all([flushed(stdout), flushed(stderr)]);
process.exit(exitCode);

/** Ending the process would cut off what a slow reader of a pipe has not taken yet. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else {
      stream.write('', () => {
        resolve();
      });
    }
  });
}

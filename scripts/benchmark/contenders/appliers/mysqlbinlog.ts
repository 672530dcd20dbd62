import { Child } from '../../support/child.ts';
import { processTree } from '../../support/process-usage.ts';
import type { Applier } from './applier.ts';

const cannotPause = (): Promise<never> =>
  Promise.reject(new Error('a pipe keeps no position to go on from'));

/** What an administrator does by hand: the binlog printed as statements, into a client. */
export const mysqlbinlogPipe: Applier = {
  name: 'mysqlbinlog | mysql',
  version: (target) => target.version,
  runsOnTarget: false,
  isSlow: true,
  start: ({ context, source, target, from, until, sourcePort, targetPort }) => {
    const end = until === undefined ? '--to-last-log' : `--stop-position=${until.position}`;
    const read = [
      ...source.tool('mysqlbinlog', sourcePort),
      `--read-from-remote-server ${end} --start-position=${from.position}`,
      from.file,
    ];
    const write = [...target.tool('mysql', targetPort), '--max-allowed-packet=256M'];
    const startedAt = performance.now();
    const child = new Child({
      program: 'bash',
      args: ['-c', `set -o pipefail; ${read.join(' ')} | ${write.join(' ')}`],
    });
    context.onEnd(() => child.stop('SIGKILL'));
    return Promise.resolve({
      pids: () => (child.hasEnded ? [] : processTree(child.pid)),
      startedAt,
      cpuMsAtStart: 0,
      problem: async () => {
        if (!child.hasEnded) return undefined;
        const exit = await child.ended();
        return `it ended with ${exit} before the last row: ${child.output}`;
      },
      pause: cannotPause,
      resume: cannotPause,
      stop: async () => {
        child.endInput();
        await child.ended();
      },
    });
  },
};

import type { Applier } from './applier.ts';

/** The target server's own replication, with that many parallel workers (0: none). */
export const nativeReplica = (workers: number): Applier => ({
  name: `native replica, ${workers} workers`,
  version: (target) => target.version,
  runsOnTarget: true,
  start: async ({ target, from, sourcePort }) => {
    const { dialect } = target;
    const sql = await target.connect();
    await dialect.setUpReplica(sql, { port: sourcePort, from, workers });
    const startedAt = performance.now();
    await dialect.startReplica(sql);
    return {
      pids: () => [],
      startedAt,
      cpuMsAtStart: 0,
      problem: () => dialect.replicaError(sql),
      pause: () => dialect.stopReplica(sql),
      resume: () => dialect.startReplica(sql),
      stop: async () => {
        await dialect.stopReplica(sql);
        await sql.end();
      },
    };
  },
});

import { startOwnServer, type OwnServer } from './servers.ts';
import { openSql, type Sql } from './sql.ts';
import { waitFor } from './wait-for.ts';

/** A primary and its native replica, both with a binlog of everything, as a cluster of two. */
export class ServerPair {
  readonly isMaria: boolean;
  readonly first: OwnServer;
  readonly second: OwnServer;

  private constructor(kind: string, first: OwnServer, second: OwnServer) {
    this.isMaria = kind === '10' || kind === '11';
    this.first = first;
    this.second = second;
  }

  static async start(kind: '57' | '97' | '10' | '11'): Promise<ServerPair> {
    const first = startOwnServer(kind, '--log-slave-updates');
    const second = startOwnServer(kind, '--log-slave-updates');
    const pair = new ServerPair(kind, first, second);
    await pair.replicate(first, second);
    return pair;
  }

  /** Hosts as the configuration takes them, the primary first. */
  get hosts(): string {
    return JSON.stringify([`127.0.0.1:${this.first.port}`, `127.0.0.1:${this.second.port}`]);
  }

  async replicate(from: OwnServer, to: OwnServer): Promise<void> {
    const how = this.isMaria ? 'MASTER_USE_GTID=slave_pos' : 'MASTER_AUTO_POSITION=1';
    const sql = await openSql(to);
    await sql.run(
      'SET GLOBAL read_only = 1',
      `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${from.port}, MASTER_USER='root',
      MASTER_CONNECT_RETRY=1, ${how}`,
      'START SLAVE',
    );
    await sql.close();
  }

  /** The replica has everything that the primary has. */
  async inStep(): Promise<void> {
    const [first, second] = [await openSql(this.first), await openSql(this.second)];
    const variable = this.isMaria ? '@@gtid_binlog_pos' : '@@gtid_executed';
    const wanted = (await first.value(`SELECT ${variable}`)) ?? '';
    await waitFor('the replica', async () => (await second.value(`SELECT ${variable}`)) === wanted);
    await first.close();
    await second.close();
  }

  /** Makes a replica the primary. */
  async promote(server: OwnServer): Promise<Sql> {
    const sql = await openSql(server);
    await sql.run('STOP SLAVE', 'RESET SLAVE ALL', 'SET GLOBAL read_only = 0');
    return sql;
  }

  destroy(): void {
    for (const server of [this.first, this.second]) {
      try {
        process.kill(server.pid, 'SIGCONT');
      } catch {
        // It is gone already.
      }
      server.destroy();
    }
  }
}

/** @vlasky/zongji or @powersync/mysql-zongji (same events, same options) reading to a counter. */
import { createRequire } from 'node:module';
import type { EventEmitter } from 'node:events';
import { MARKS, serve, serverFromArguments, type Counted, type Span } from './serve.js';

interface RowsEvent {
  getEventName(): string;
  readonly tableId: number;
  readonly tableMap: Record<number, { readonly tableName: string } | undefined>;
  readonly rows: readonly Record<string, unknown>[];
}
interface ZongJi extends EventEmitter {
  start(options: object): void;
  stop(): void;
}

const [, , , , packages = '', name = ''] = process.argv;
// One of them is a CommonJS module, the other an ES module.
const path = createRequire(`${packages}/package.json`).resolve(name);
const { default: ZongJi } = (await import(path)) as { default: new (dsn: object) => ZongJi };
const { host, port, user, serverId } = serverFromArguments();

function read({ file, position, mark }: Span): Promise<Counted> {
  return new Promise((resolve, reject) => {
    const zongji = new ZongJi({ host, port, user, supportBigNumbers: true, dateStrings: true });
    let [rows, sum, isDone] = [0, 0, false];
    zongji.on('error', (error: unknown) => {
      if (!isDone) reject(error instanceof Error ? error : new Error(String(error)));
    });
    zongji.on('binlog', (event: RowsEvent) => {
      if (isDone || event.getEventName() === 'tablemap') return;
      const last = event.rows.map((row) => (row['after'] ?? row) as Record<string, unknown>);
      if (event.tableMap[event.tableId]?.tableName === MARKS) {
        if (Number(last[0]?.['id']) < mark) return;
        isDone = true;
        zongji.stop();
        resolve({ rows, sum });
        return;
      }
      for (const row of last) sum += Number(row['id']);
      rows += last.length;
    });
    zongji.start({
      serverId,
      filename: file,
      position,
      includeEvents: ['tablemap', 'writerows', 'updaterows', 'deleterows'],
    });
  });
}

serve(read);

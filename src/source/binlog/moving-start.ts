import { compareCoordinates, type Position } from '../../core/position.ts';
import { formatTableName, type TableName } from '../../core/table.ts';
import { captureTables, type CapturedSchema } from '../../schema/capture.ts';
import type { SchemaHistory } from '../../schema/schema-history.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { scanDdl, type DdlScanOptions, type FoundDdl } from './ddl-scan.ts';
import { hasGtids, readHeadOnce } from './read-head.ts';
import { waitForDdl } from './wait-for-ddl.ts';

/** Each finds the definitions of some tables more, unless the source alters them without a pause. */
const ROUNDS = 100;

export interface MovingStartOptions {
  readonly connection: ServerConnection;
  /** Exact at `from`. */
  readonly history: SchemaHistory;
  readonly from: Position;
  readonly isWanted: (name: TableName) => boolean;
  readonly scan: DdlScanOptions;
}

/** One table, between two looks at where the source stands. */
interface Capture {
  readonly name: TableName;
  readonly captured: CapturedSchema;
  readonly before: Position;
  readonly fence: Position;
}

/**
 * A start that means "now" while tables are being altered: it moves on until every definition is known.
 *
 * No moment is needed at which all tables are at rest. Each is read by itself; where no DDL touched it
 * while it was read, its definition is proven for that moment, and the DDLs that follow move it on, as
 * they do later in the stream. The others are read again in the next round.
 *
 * What lies before a position is told by its GTIDs, where it has them: MySQL writes a DDL to the binlog
 * first and adds its GTID a moment later, so coordinates may be ahead of what a start by GTIDs leaves out.
 */
export class MovingStart {
  readonly #options: MovingStartOptions;
  readonly #touched = new Map<string, TableName>();
  /** Seen not to exist: of these there is nothing to learn, until a DDL makes them. */
  readonly #absent = new Set<string>();
  #position: Position;

  constructor(options: MovingStartOptions) {
    this.#options = options;
    this.#position = options.from;
  }

  /** `span`: the DDLs that came while everything was read first. */
  async moveOn(span: readonly FoundDdl[]): Promise<Position> {
    const withGtids = await hasGtids(this.#options.connection);
    this.#note(span);
    for (let round = 0; round < ROUNDS; round += 1) {
      const names = this.#unknown();
      if (names.length === 0) break;
      const captures: Capture[] = [];
      for (const name of names) captures.push(await this.#capture(name, withGtids));
      await this.#follow(captures);
    }
    return this.#position;
  }

  #note(ddls: readonly FoundDdl[]): void {
    for (const name of this.#options.history.touchedBy(ddls)) {
      const key = formatTableName(name);
      this.#touched.set(key, name);
      this.#absent.delete(key);
    }
  }

  #unknown(): TableName[] {
    const { history, isWanted } = this.#options;
    return [...this.#touched]
      .filter(([key, name]) => isWanted(name) && history.isUnknown(name) && !this.#absent.has(key))
      .map(([, name]) => name);
  }

  async #capture(name: TableName, withGtids: boolean): Promise<Capture> {
    const { connection } = this.#options;
    const before = await readHeadOnce(connection, withGtids);
    await waitForDdl(connection, [name]);
    const captured = await captureTables(connection, [name]);
    return { name, captured, before, fence: await readHeadOnce(connection, withGtids) };
  }

  /** Over the DDLs since the position, to where the last table was read; each capture in its place. */
  async #follow(captures: readonly Capture[]): Promise<void> {
    const end = captures.at(-1)?.fence ?? this.#position;
    let ahead = await scanDdl(this.#position, end, this.#options.scan);
    for (const capture of captures) {
      ahead = this.#apply(ahead, capture.before);
      this.#learn(capture, ahead);
    }
    this.#apply(ahead, end);
    this.#position = end;
  }

  /** Those before the position; the answer is the others. */
  #apply(ddls: readonly FoundDdl[], position: Position): FoundDdl[] {
    const passed = ddls.filter((ddl) => isBefore(ddl, position));
    this.#note(passed);
    for (const ddl of passed) this.#options.history.applyDdl(ddl);
    return ddls.filter((ddl) => !passed.includes(ddl));
  }

  #learn({ name, captured, fence }: Capture, ahead: readonly FoundDdl[]): void {
    const { history } = this.#options;
    const torn = ahead.filter(
      ({ coordinates }) => compareCoordinates(coordinates, fence.coordinates) < 0,
    );
    history.learn(captured, [], torn);
    const key = formatTableName(name);
    const isTorn = history.touchedBy(torn).some((one) => formatTableName(one) === key);
    if (captured.tables.length === 0 && !isTorn) this.#absent.add(key);
  }
}

function isBefore({ gtid, coordinates }: FoundDdl, position: Position): boolean {
  return position.kind === 'gtid' && gtid !== undefined
    ? position.gtidSet.contains(gtid)
    : compareCoordinates(coordinates, position.coordinates) < 0;
}

import type { ServerEnd } from '../server/connect-options.ts';
import { idOfRow } from './row-key.ts';
import type { ScanContext, ScanStep, TableScan } from './table-scan.ts';

const BUCKETS = 4_096;
/** Buckets whose rows are looked at in one go. */
const AT_ONCE = 256;

/**
 * A table whose rows no key names, or whose key the two ends sort differently: all rows at once, in
 * buckets by their checksum, as a multiset. Then the checksums in the buckets that differ.
 */
export class BucketScan implements TableScan {
  readonly #context: ScanContext;

  constructor(context: ScanContext) {
    this.#context = context;
  }

  async next(): Promise<ScanStep> {
    const { sql } = this.#context;
    const [source, target] = await this.#readBoth((end) => sql.buckets(end, BUCKETS), 1);
    const suspects: string[] = [];
    const differing = differingKeys(source, target).map(Number);
    for (let at = 0; at < differing.length; at += AT_ONCE) {
      suspects.push(...(await this.#lookInto(differing.slice(at, at + AT_ONCE))));
    }
    let rows = 0;
    for (const count of source.values()) rows += Number(count.split(' ')[0]);
    return { rows, suspects, after: undefined, isLast: true };
  }

  async #lookInto(buckets: readonly number[]): Promise<readonly string[]> {
    const { sql, pair, views } = this.#context;
    const both = await this.#readBoth((end) => sql.bucketDigests(end, BUCKETS, buckets), 2);
    const keys = [...new Set(differingKeys(...both).map((digests) => digests.split(' ')[1] ?? ''))];
    if (pair.key === undefined || keys.length === 0) return keys;
    const ids = new Set<string>();
    for (const end of ['source', 'target'] as const) {
      const rows = await views.read(end, sql.rowsByKeyDigest(end, keys));
      for (const row of rows) ids.add(idOfRow(pair, row.slice(1)));
    }
    return [...ids];
  }

  /** The first `keyWidth` columns are the key, the others the value. */
  async #readBoth(statement: (end: ServerEnd) => string, keyWidth: number) {
    const { views } = this.#context;
    const read = async (end: ServerEnd): Promise<ReadonlyMap<string, string>> => {
      const rows = await views.read(end, statement(end));
      return new Map(
        rows.map((row) => {
          const texts = row.map((value) => value?.latin1Slice() ?? '');
          return [texts.slice(0, keyWidth).join(' '), texts.slice(keyWidth).join(' ')];
        }),
      );
    };
    return Promise.all([read('source'), read('target')]);
  }
}

function differingKeys(
  source: ReadonlyMap<string, string>,
  target: ReadonlyMap<string, string>,
): readonly string[] {
  const keys = new Set([...source.keys(), ...target.keys()]);
  return [...keys].filter((key) => source.get(key) !== target.get(key));
}

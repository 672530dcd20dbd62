import type { CommonEncoderOptions } from '../encoder.ts';

/** Maxwell's output switches, with Maxwell's defaults. */
export interface MaxwellOptions extends CommonEncoderOptions {
  /** xid and commit. Default true. */
  readonly commitInfo?: boolean | undefined;
  /** xoffset on all rows but the last. */
  readonly xoffset?: boolean | undefined;
  /** Members whose value is null. Default true. */
  readonly nulls?: boolean | undefined;
  /** null for 0000-00-00. */
  readonly nullZeroDates?: boolean | undefined;
  readonly position?: boolean | undefined;
  readonly gtid?: boolean | undefined;
  readonly serverId?: boolean | undefined;
  readonly threadId?: boolean | undefined;
  readonly primaryKeys?: boolean | undefined;
  readonly primaryKeyColumns?: boolean | undefined;
  readonly pushTimestamp?: boolean | undefined;
  /** Characters of `query`; 0: all. */
  readonly rowQueryMaxLength?: number | undefined;
  /** Form of the Kafka key. Default hash. */
  readonly keyFormat?: 'hash' | 'array' | undefined;
  /** output_naming_strategy=underscore_to_camelcase: of every member, the columns' too. */
  readonly camelCase?: boolean | undefined;
  /** Left out of data and old: names, or `/regex/`. */
  readonly excludeColumns?: readonly string[] | undefined;
  /** Maxwell's own form of what it damages: see maxwell-value.ts. */
  readonly originalValues?: boolean | undefined;
  /** For keys of rows without a primary key, and of DDL. */
  readonly randomUuid?: (() => string) | undefined;
}

/**
 * Global transaction ids of both families, as immutable values.
 *
 * MySQL: `uuid[:tag]:number`; a set keeps intervals for each `uuid[:tag]`.
 * MariaDB: `domain-server-sequence`; a "set" is a position: the last GTID of each domain.
 *
 * Adding the next GTID of a run shares everything but one small object, because a position is made
 * for every transaction: see `GtidSet.with`.
 */
export type Gtid =
  | {
      readonly flavor: 'mysql';
      /** `uuid` or `uuid:tag`, lower case. Interned by the decoder: compared by identity first. */
      readonly source: string;
      readonly number: number;
    }
  | {
      readonly flavor: 'mariadb';
      readonly domain: number;
      readonly server: number;
      readonly sequence: number;
    };

export type GtidFlavor = Gtid['flavor'];

export interface GtidSet {
  readonly flavor: GtidFlavor;
  readonly isEmpty: boolean;
  /** This set and one more GTID. Constant time when `gtid` follows the one added last. */
  with(gtid: Gtid): GtidSet;
  union(other: GtidSet): GtidSet;
  contains(gtid: Gtid): boolean;
  /** True when every transaction of `other` is in this one (MariaDB: no domain of it is ahead). */
  includes(other: GtidSet): boolean;
  /** How many transactions of this one `other` does not have (MariaDB: by sequence numbers, which may have gaps). */
  countBeyond(other: GtidSet): number;
  /** The server's own notation, sorted; what the server accepts back. */
  toString(): string;
}

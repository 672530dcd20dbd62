/**
 * MYSQL_TYPE_* as they stand in table maps, and how many bytes of metadata each has there.
 *
 * Sources: MySQL include/field_types.h and sql/rpl_tblmap / `Table_map_event`; MariaDB
 * include/mysql_com.h for 140 and 141.
 */
export const WIRE_TYPE = {
  DECIMAL: 0,
  TINY: 1,
  SHORT: 2,
  LONG: 3,
  FLOAT: 4,
  DOUBLE: 5,
  NULL: 6,
  TIMESTAMP: 7,
  LONGLONG: 8,
  INT24: 9,
  DATE: 10,
  TIME: 11,
  DATETIME: 12,
  YEAR: 13,
  NEWDATE: 14,
  VARCHAR: 15,
  BIT: 16,
  TIMESTAMP2: 17,
  DATETIME2: 18,
  TIME2: 19,
  BLOB_COMPRESSED: 140,
  VARCHAR_COMPRESSED: 141,
  VECTOR: 242,
  TYPED_ARRAY: 244,
  JSON: 245,
  NEWDECIMAL: 246,
  ENUM: 247,
  SET: 248,
  TINY_BLOB: 249,
  MEDIUM_BLOB: 250,
  LONG_BLOB: 251,
  BLOB: 252,
  VAR_STRING: 253,
  STRING: 254,
  GEOMETRY: 255,
} as const;

const T = WIRE_TYPE;

const ONE_BYTE = [
  T.FLOAT,
  T.DOUBLE,
  T.TIMESTAMP2,
  T.DATETIME2,
  T.TIME2,
  T.BLOB_COMPRESSED,
  T.VECTOR,
  T.JSON,
  T.TINY_BLOB,
  T.MEDIUM_BLOB,
  T.LONG_BLOB,
  T.BLOB,
  T.GEOMETRY,
];
const TWO_BYTES = [
  T.VARCHAR,
  T.BIT,
  T.VARCHAR_COMPRESSED,
  T.NEWDECIMAL,
  T.ENUM,
  T.SET,
  T.VAR_STRING,
  T.STRING,
];

/** Bytes of metadata by wire type. */
export const METADATA_LENGTH: Uint8Array = new Uint8Array(256);
for (const type of ONE_BYTE) METADATA_LENGTH[type] = 1;
for (const type of TWO_BYTES) METADATA_LENGTH[type] = 2;

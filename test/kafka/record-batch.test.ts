import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { COMPRESSIONS, prepareCompression } from '../../src/kafka/codecs.ts';
import { createKafkaClient } from '../../src/kafka/client.ts';
import { RecordBatchWriter, type RecordBytes } from '../../src/kafka/record-batch.ts';
import { encodeHeaders } from '../../src/sink/kafka/record-headers.ts';
import { silentLogger } from '../../src/lib/logger.ts';

const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => object;
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (
  decoder: object,
) => Promise<Record<string, unknown> & { records: DecodedRecord[] }>;

interface DecodedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer>;
  readonly offset: string;
}

/** The library knows the codecs once a client was made. */
createKafkaClient(
  { brokers: ['h:1'], tls: 'disabled', tlsCa: undefined, sasl: undefined, clientId: 't' },
  silentLogger,
);

function record(key: string | null, value: string | null, headers: Record<string, string>) {
  const keyBytes = Buffer.from(key ?? '');
  const bytes = Buffer.concat([keyBytes, Buffer.from(value ?? '')]);
  const head = encodeHeaders(headers);
  return {
    bytes,
    keyStart: 0,
    keyEnd: key === null ? -1 : keyBytes.length,
    valueStart: keyBytes.length,
    valueEnd: value === null ? keyBytes.length - 1 : bytes.length,
    headers: head,
    headersEnd: head.length,
  } satisfies RecordBytes;
}

it.each(COMPRESSIONS)('is read by kafkajs: %s', async (compression) => {
  await prepareCompression(compression);
  const writer = new RecordBatchWriter(16);
  const long = 'ä"\\'.repeat(40_000);
  const all = [
    ['{"id":1}', '{"a":1}', { 'tailrace-seq': '7', 'tailrace-part': '1' }],
    [null, 'no key', {}],
    ['gone', null, {}],
    ['', '', { empty: '' }],
    ['long', long, {}],
  ] as const;
  for (const [key, value, headers] of all)
    writer.append(record(key, value, headers), 1_700_000_000_123);
  const bytes = writer.seal({
    producerId: 4_000_000_001n,
    producerEpoch: 3,
    baseSequence: 2_000_000_000,
    isTransactional: true,
    compression,
  });
  const batch = await decodeBatch(new Decoder(bytes));
  expect(batch).toMatchObject({
    producerId: '4000000001',
    producerEpoch: 3,
    firstSequence: 2_000_000_000,
    inTransaction: true,
    lastOffsetDelta: 4,
    firstTimestamp: '1700000000123',
    maxTimestamp: '1700000000123',
  });
  const read = batch.records.map(({ key, value, headers, offset }) => [
    key?.toString() ?? null,
    value?.toString() ?? null,
    Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v.toString()])),
    offset,
  ]);
  expect(read).toEqual(all.map(([key, value, headers], i) => [key, value, headers, String(i)]));
});

it('has the checksum that kafkajs computes', () => {
  const crc = require('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (b: Buffer) => number;
  const writer = new RecordBatchWriter();
  writer.append(record('k', 'v', { h: 'x' }), 5);
  const bytes = writer.seal({
    producerId: 1n,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: false,
    compression: 'none',
  });
  expect(bytes.readUInt32BE(17)).toBe(crc(bytes.subarray(21)) >>> 0);
});

/*
 * Produce request, version 7; big endian:
 *
 *   0  4  length of what follows          request header, version 1
 *   4  2  API key, 0
 *   6  2  API version, 7
 *   8  4  correlation id
 *  12  …  client id: 2 length, text
 *      …  transactional id: 2 length (-1: none), text
 *      2  acks, -1: all in-sync replicas
 *      4  timeout, ms
 *      4  topics: 2 length, name · 4 partitions: 4 index, 4 length, record batch
 *
 * Response, version 7:
 *
 *   4 topics: 2 length, name · 4 partitions: 4 index, 2 error code, 8 base offset, 8 log append time, 8 log start
 *   4 throttle time, ms
 *
 * Source: the Kafka protocol documentation. Version 7 is the first that takes zstd; brokers from 2.1 to 4.x know it.
 */

import type { ClusterConnection } from './cluster.ts';
import { whileConnected } from './while-connected.ts';

export const PRODUCE_KEY = 0;
const PRODUCE_VERSION = 7;
const ALL_IN_SYNC = -1;
const TIMEOUT_MS = 20_000;

/** A batch as it goes out: sealed, so that a repeat has the same bytes. */
export interface SealedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
  readonly records: number;
}

export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

interface ProduceRequest {
  readonly correlationId: number;
  readonly clientId: string;
  readonly transactionalId: string | undefined;
  readonly batches: readonly SealedBatch[];
}

/** The request in pieces: batches are megabytes, and are not copied. */
export function encodeProduce(request: ProduceRequest): Buffer[] {
  const pieces: Buffer[] = [];
  const head = new FieldWriter();
  head.int32(0);
  head.int16(PRODUCE_KEY);
  head.int16(PRODUCE_VERSION);
  head.int32(request.correlationId);
  head.text(request.clientId);
  head.text(request.transactionalId);
  head.int16(ALL_IN_SYNC);
  head.int32(TIMEOUT_MS);
  const topics = byTopic(request.batches);
  head.int32(topics.size);
  let fields = head;
  for (const [topic, batches] of topics) {
    fields.text(topic);
    fields.int32(batches.length);
    for (const { partition, bytes } of batches) {
      fields.int32(partition);
      fields.int32(bytes.length);
      pieces.push(fields.take(), bytes);
      fields = new FieldWriter();
    }
  }
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  pieces[0]?.writeInt32BE(length - 4, 0);
  return pieces;
}

/** Over a connection of kafkajs's, in its queue of requests. */
export async function sendProduce(
  connection: ClusterConnection,
  request: Omit<ProduceRequest, 'correlationId' | 'clientId'>,
): Promise<PartitionAnswer[]> {
  if (connection.sasl !== null && !connection.isAuthenticated()) await connection.authenticate();
  const correlationId = connection.nextCorrelationId();
  const { clientId } = connection;
  const pieces = encodeProduce({ ...request, clientId, correlationId });
  const answer = new Promise<{ readonly payload: Buffer }>((resolve, reject) => {
    connection.requestQueue.push({
      entry: {
        apiKey: PRODUCE_KEY,
        apiName: 'Produce',
        apiVersion: PRODUCE_VERSION,
        correlationId,
        resolve,
        reject,
      },
      expectResponse: true,
      requestTimeout: null,
      sendRequest: () => {
        const { socket } = connection;
        socket.cork();
        for (const piece of pieces) socket.write(piece);
        socket.uncork();
      },
    });
  });
  const { payload } = await whileConnected(connection, answer);
  return decodeProduce(payload);
}

export function decodeProduce(payload: Buffer): PartitionAnswer[] {
  const answers: PartitionAnswer[] = [];
  let at = 4;
  for (let topics = payload.readInt32BE(0); topics > 0; topics--) {
    const nameEnd = at + 2 + payload.readInt16BE(at);
    const topic = payload.toString('utf8', at + 2, nameEnd);
    at = nameEnd + 4;
    for (let partitions = payload.readInt32BE(nameEnd); partitions > 0; partitions--) {
      const partition = payload.readInt32BE(at);
      answers.push({ topic, partition, errorCode: payload.readInt16BE(at + 4) });
      at += 30;
    }
  }
  return answers;
}

function byTopic(batches: readonly SealedBatch[]): Map<string, SealedBatch[]> {
  const topics = new Map<string, SealedBatch[]>();
  for (const batch of batches) {
    const known = topics.get(batch.topic);
    if (known === undefined) topics.set(batch.topic, [batch]);
    else known.push(batch);
  }
  return topics;
}

const FIELD_BYTES = 1024;

/** The small fields between the batches. */
class FieldWriter {
  readonly #bytes = Buffer.allocUnsafe(FIELD_BYTES);
  #length = 0;

  int16(value: number): void {
    this.#length = this.#bytes.writeInt16BE(value, this.#length);
  }

  int32(value: number): void {
    this.#length = this.#bytes.writeInt32BE(value, this.#length);
  }

  text(text: string | undefined): void {
    this.int16(text === undefined ? -1 : Buffer.byteLength(text));
    if (text !== undefined) this.#length += this.#bytes.write(text, this.#length);
  }

  take(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

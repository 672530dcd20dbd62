import type { ClusterBroker } from './cluster.ts';

/** A kind of request that kafkajs does not have in the version that is wanted. */
export interface RequestKind {
  readonly key: number;
  readonly name: string;
  readonly version: number;
}

interface RawConnections {
  send<R>(request: {
    readonly request: {
      readonly apiKey: number;
      readonly apiName: string;
      readonly apiVersion: number;
      readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
    };
    readonly response: {
      readonly decode: (payload: Buffer) => Promise<R>;
      readonly parse: (reply: R) => Promise<R>;
    };
  }): Promise<R>;
}

/** One request of our own over kafkajs's connection to a broker. */
export async function sendRaw<R>(
  broker: ClusterBroker,
  { key, name, version }: RequestKind,
  body: Buffer,
  decode: (payload: Buffer) => R,
): Promise<R> {
  const connections = broker.connectionPool as unknown as RawConnections;
  return connections.send({
    request: {
      apiKey: key,
      apiName: name,
      apiVersion: version,
      encode: () => Promise.resolve({ buf: body, buffer: body }),
    },
    response: {
      decode: (payload) => Promise.resolve(decode(payload)),
      parse: (reply) => Promise.resolve(reply),
    },
  });
}

export class RequestWriter {
  readonly #pieces: Buffer[] = [];

  int8(value: number): void {
    this.#pieces.push(Buffer.from([value]));
  }

  int32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    this.#pieces.push(bytes);
  }

  int64(value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt(value));
    this.#pieces.push(bytes);
  }

  string(text: string): void {
    const length = Buffer.alloc(2);
    const bytes = Buffer.from(text, 'utf8');
    length.writeInt16BE(bytes.length);
    this.#pieces.push(length, bytes);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

export class ReplyReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    this.#at += 1;
    return this.#bytes.readInt8(this.#at - 1);
  }

  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  int64(): number {
    return Number(this.bigint64());
  }

  bigint64(): bigint {
    this.#at += 8;
    return this.#bytes.readBigInt64BE(this.#at - 8);
  }

  /** '' for a null. */
  string(): string {
    const length = Math.max(0, this.int16());
    this.#at += length;
    return this.#bytes.utf8Slice(this.#at - length, this.#at);
  }

  blob(): Buffer {
    const length = Math.max(0, this.int32());
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }
}

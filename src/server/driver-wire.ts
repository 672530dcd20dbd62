import type { Connection } from 'mysql2';
import type { Duplex } from 'node:stream';

/** The inside of the driver that own commands stand on; the driver's version is pinned. */
export interface DriverWire {
  readonly stream: Duplex;
  /** Writes bytes; an error of the socket ends the connection. */
  write(bytes: Buffer): void;
  _resetSequenceId(): void;
  _bumpSequenceId(packets: number): void;
}

/** A packet whose offset stands behind its header. Valid during the call only. */
export interface DriverPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isError(): boolean;
  isEOF(): boolean;
  asError(encoding: string): Error;
  peekByte(): number;
  readInt8(): number;
  readInt16(): number;
  readLengthCodedNumber(): number | string | null;
  readLengthCodedString(encoding: string): string | null | undefined;
  readString(length: number | undefined, encoding: string): string;
}

/** A command for the driver's queue. */
export interface DriverCommand {
  execute(packet: DriverPacket | undefined, wire: DriverWire): boolean;
  onResult(failure: unknown): void;
}

/** Queues the command behind whatever runs. */
export function addCommand(connection: Connection, command: DriverCommand): void {
  (connection as unknown as { addCommand(command: DriverCommand): void }).addCommand(command);
}

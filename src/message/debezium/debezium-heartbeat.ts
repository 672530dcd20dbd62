import type { Message } from '../encoder.ts';
import { jsonString } from '../json-text.ts';
import { HEARTBEAT_SCHEMAS } from './debezium-fixed-schemas.ts';
import { withSchema } from './debezium-schema.ts';

/** A sign of life (heartbeat.interval.ms): the connector's name and when it was given. */
export function heartbeatMessage(
  { prefix, schemas }: { readonly prefix: string; readonly schemas: boolean },
  nowMs: number,
): Message {
  const key = `{"serverName":${jsonString(prefix)}}`;
  const value = `{"ts_ms":${nowMs}}`;
  return {
    key: schemas ? withSchema(HEARTBEAT_SCHEMAS.key, key) : key,
    value: schemas ? withSchema(HEARTBEAT_SCHEMAS.value, value) : value,
    database: '',
    table: '',
    type: 'heartbeat',
    headers: {},
  };
}

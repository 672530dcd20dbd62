import { CanalEncoder, type CanalOptions } from './canal/canal-encoder.ts';
import { DebeziumEncoder, type DebeziumOptions } from './debezium/debezium-encoder.ts';
import type { MessageEncoder, MessageFormat } from './encoder.ts';
import { MaxwellEncoder } from './maxwell/maxwell-encoder.ts';
import type { MaxwellOptions } from './maxwell/maxwell-options.ts';

/** Options of each format. */
export interface EncoderOptions {
  readonly maxwell: MaxwellOptions;
  readonly canal: CanalOptions;
  readonly debezium: DebeziumOptions;
}

const ENCODERS: { [F in MessageFormat]: (options: EncoderOptions[F]) => MessageEncoder } = {
  maxwell: (options) => new MaxwellEncoder(options),
  canal: (options) => new CanalEncoder(options),
  debezium: (options) => new DebeziumEncoder(options),
};

export function createEncoder<F extends MessageFormat>(
  format: F,
  options: EncoderOptions[F] = {},
): MessageEncoder {
  return ENCODERS[format](options);
}

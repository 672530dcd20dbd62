import type { KafkaConfig } from '../../config/schema.ts';
import type { DecoderOptions } from '../../message/create-decoder.ts';

/** How the messages were written, as far as they do not say it themselves. */
export function decoderOptions({ maxwell, debezium }: KafkaConfig): DecoderOptions {
  return {
    maxwell: { nulls: maxwell.output_nulls },
    debezium: {
      decimals: debezium['decimal.handling.mode'],
      binary: debezium['binary.handling.mode'],
      time: debezium['time.precision.mode'],
    },
  };
}

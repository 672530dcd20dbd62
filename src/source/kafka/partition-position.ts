import type {
  BinlogCoordinates,
  KafkaPosition,
  NamedMark,
  PartitionMark,
  SourceMark,
  TopicPartition,
} from '../../core/position.ts';
import type { MarksThen } from './source-marks.ts';

/** How far a partition is read behind one transaction. There is one for each: what few ask for is made for them. */
export class ReadMark implements PartitionMark {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly #marks: MarksThen;

  constructor({ topic, partition }: TopicPartition, offset: number, marks: MarksThen) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.#marks = marks;
  }

  get sources(): ReadonlyMap<string, SourceMark> {
    return this.#marks.toMap();
  }
}

/** Of one partition. */
export class PartitionPosition implements KafkaPosition {
  readonly kind = 'kafka';
  readonly coordinates: BinlogCoordinates;
  readonly only: NamedMark;

  constructor(only: NamedMark, coordinates: BinlogCoordinates) {
    this.only = only;
    this.coordinates = coordinates;
  }

  get offsets(): ReadonlyMap<string, PartitionMark> {
    return new Map([[this.only.name, this.only.at]]);
  }
}

import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow by this share of what is in use before it is collected, where V8 lets a small one quadruple.
 * Small transactions outlive the young generation while they wait for their acknowledgement, so that V8 gathers
 * 100 MB of them that are done with. Costs little of the CPU as long as what waits is bounded by its number too.
 */
export function limitHeapGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/** Back to V8's own judgement, which collects earlier where most of the memory are large buffers. */
export function freeHeapGrowth(): void {
  limitHeapGrowth(0);
}

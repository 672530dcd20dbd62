import { Session, type HeapProfiler } from 'node:inspector/promises';

/** Bytes between two samples: small enough that some megabytes of allocations are told within a few percent. */
const SAMPLING_BYTES = 1024;

/** Bytes of JavaScript objects that the work allocates, those that are garbage at once too. */
export async function countAllocations(work: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: SAMPLING_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    } as HeapProfiler.StartSamplingParameterType);
    work();
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return sizeOf(profile.head);
  } finally {
    session.disconnect();
  }
}

function sizeOf(node: HeapProfiler.SamplingHeapProfileNode): number {
  return node.children.reduce((sum, child) => sum + sizeOf(child), node.selfSize);
}

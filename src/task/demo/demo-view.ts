/** What the demo shows while it runs; the command decides how. */
export interface DemoView {
  /** Something that happens once. */
  event(text: string): void;
  /** A few times a second. */
  sample(sample: DemoSample): void;
  /** No more samples come. */
  close(): void;
}

export interface DemoSample {
  readonly elapsedSeconds: number;
  readonly totalSeconds: number;
  /** Since the start, and a second. */
  readonly written: { readonly rows: number; readonly rowsPerSecond: number };
  readonly applied: { readonly rows: number; readonly rowsPerSecond: number };
  readonly lagMs: number;
  readonly isReplicating: boolean;
}

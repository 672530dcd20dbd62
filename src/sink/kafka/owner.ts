import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** Names this process in state topics. */
export const OWNER = `${hostname()} pid ${process.pid} ${randomBytes(6).toString('hex')}`;

/** Whoever takes it later fences who had it before. */
export function transactionalIdOf(task: string): string {
  return `tailrace-${task}`;
}

/** Of the numbers that begin where a state topic is made. */
export function newHistory(): string {
  return randomBytes(4).toString('hex');
}

import type { RowsChange } from '../../../core/change.ts';
import type { RowImages, WireImages } from '../../../core/row.ts';
import type { NetEffect, RowEffect } from '../net-effect.ts';
import type { ImagesPacket } from '../plan.ts';
import type { TableBinding } from '../table-binding.ts';
import type { RowsAction } from './events.ts';
import { findMisfit, hasWireImages } from './find-misfit.ts';
import { computeKeylessNet, type Copies } from './keyless-net.ts';
import {
  ImagesWriter,
  TableEventCache,
  type ImageSettings,
  type KeyPlace,
} from './images-writer.ts';
import { keyCountOf } from './key-count.ts';

/** Decides which tables go as row images, and writes them. One for each session. */
export class ImagePlanner {
  readonly settings: ImageSettings;
  readonly #tables: TableEventCache;
  readonly #misfits = new WeakMap<TableBinding, string | false>();
  readonly #writer: ImagesWriter;

  constructor(settings: ImageSettings) {
    this.settings = settings;
    this.#tables = new TableEventCache(settings);
    this.#writer = new ImagesWriter(settings, this.#tables);
  }

  /** The target refused them for another reason than the rows: from now on the table's rows go as SQL. */
  refuse(bindings: readonly TableBinding[], reason: string): void {
    for (const binding of bindings) this.#misfits.set(binding, reason);
  }

  canWrite(binding: TableBinding, changes: readonly RowsChange[]): boolean {
    let misfit = this.#misfits.get(binding);
    if (misfit === undefined) {
      misfit = findMisfit(binding) ?? false;
      this.#misfits.set(binding, misfit);
    }
    if (misfit !== false) return false;
    for (const change of changes) if (!this.#fits(change)) return false;
    return true;
  }

  /** In an order in which nothing meets what goes later; `vanished` is not expressible as an image. */
  writeNet(binding: TableBinding, net: NetEffect): void {
    this.#writeDeletes(binding, net.deletes);
    this.#writeInserts(binding, net.inserts);
    this.#writeUpdates(binding, net.upserts);
  }

  /**
   * The rows as the source wrote them. Updates stay events of their own: without a key, MySQL looks for all rows of
   * an event at once, and would not find one that an earlier row of the same event makes.
   */
  writeChange(binding: TableBinding, change: RowsChange): void {
    if (change.action === 'update') this.#writer.separate();
    const images = wireOf(change.after ?? change.before);
    this.#writer.begin(binding, change.action, images, change.timestamp);
    const before = change.action === 'update' ? wireOf(change.before) : undefined;
    for (let row = 0; row < (change.after ?? change.before).length; row++) {
      if (before === undefined) this.#writer.insert(images, row);
      else this.#writer.update(before, row, { after: images, row });
    }
  }

  /** All changes of a table without any unique key, as their net effect. */
  writeKeyless(binding: TableBinding, changes: readonly RowsChange[]): void {
    const { removed, added } = computeKeylessNet(changes);
    this.#writeCopies(binding, 'delete', removed);
    this.#writeCopies(binding, 'insert', added);
  }

  takePackets(): readonly ImagesPacket[] {
    return this.#writer.takePackets();
  }

  /** Before each group: an earlier plan may have failed half-way. */
  begin(): void {
    this.#writer.discard();
  }

  #fits(change: RowsChange): boolean {
    // A row image must find its row, or must not: by key there is no such thing.
    if (change.byKey === true || !hasWireImages(change)) return false;
    const { before, after } = change;
    const rows = (after ?? before).length;
    // One row has to fit a statement; that all of them do is seen without looking at each.
    const bytes = spanOf(before) + spanOf(after);
    if (bytes <= this.settings.maxEventBytes / 2) return true;
    for (let row = 0; row < rows; row++) {
      const size = (before?.byteLength(row) ?? 0) + (after?.byteLength(row) ?? 0);
      if (size > this.settings.maxEventBytes / 2) return false;
    }
    return true;
  }

  #writeCopies(binding: TableBinding, action: RowsAction, rows: readonly Copies[]): void {
    for (const { images, row, count, timestamp } of rows) {
      this.#writer.begin(binding, action, images, timestamp);
      for (let copy = 0; copy < count; copy++) this.#writer.insert(images, row);
    }
  }

  #writeDeletes(binding: TableBinding, effects: readonly RowEffect[]): void {
    const keyCount = keyCountOf(binding);
    for (const { before, beforeRow, change } of effects) {
      const images = wireOf(before);
      const key = keyPlace(images, beforeRow, keyCount);
      const kind = key === undefined ? 'delete' : 'deleteByKey';
      this.#writer.begin(binding, kind, images, change.timestamp);
      if (key === undefined) this.#writer.insert(images, beforeRow);
      else this.#writer.deleteByKey(key);
    }
  }

  #writeInserts(binding: TableBinding, effects: readonly RowEffect[]): void {
    for (const { after, row, change } of effects) {
      const images = wireOf(after);
      this.#writer.begin(binding, 'insert', images, change.timestamp);
      this.#writer.insert(images, row);
    }
  }

  #writeUpdates(binding: TableBinding, effects: readonly RowEffect[]): void {
    const keyCount = keyCountOf(binding);
    for (const { before, beforeRow, after, row, change } of effects) {
      const images = wireOf(after);
      const key = keyPlace(wireOf(before), beforeRow, keyCount);
      const kind = key === undefined ? 'update' : 'updateByKey';
      this.#writer.begin(binding, kind, images, change.timestamp);
      if (key === undefined) this.#writer.update(wireOf(before), beforeRow, { after: images, row });
      else this.#writer.updateByKey(key, images, row);
    }
  }
}

function keyPlace(
  images: WireImages,
  row: number,
  keyCount: number | undefined,
): KeyPlace | undefined {
  const lead = keyCount === undefined ? undefined : images.leadOf(keyCount);
  return lead && { images, row, lead };
}

function wireOf(images: RowImages | undefined): WireImages {
  const wire = images?.wire;
  if (wire === undefined) throw new TypeError('images that are not as the source wrote them');
  return wire;
}

/** Bytes from the first image to the last, whatever is between. */
function spanOf(images: RowImages | undefined): number {
  const { wire } = images ?? {};
  if (images === undefined || wire === undefined || images.length === 0) return 0;
  return wire.endOf(images.length - 1) - wire.startOf(0);
}

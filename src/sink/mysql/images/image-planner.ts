import type { RowsChange } from '../../../core/change.ts';
import type { ImageLead, RowImages, WireImages } from '../../../core/row.ts';
import type { NetEffect, RowEffect } from '../net-effect.ts';
import type { ImagesPacket } from '../plan.ts';
import type { TableBinding } from '../table-binding.ts';
import type { CompactEffects, CompactNet } from './compact-net.ts';
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
    if (!this.canWriteTable(binding)) return false;
    for (const change of changes) if (!this.#fits(change)) return false;
    return true;
  }

  /** As far as definitions say. */
  canWriteTable(binding: TableBinding): boolean {
    let misfit = this.#misfits.get(binding);
    if (misfit === undefined) {
      misfit = findMisfit(binding) ?? false;
      this.#misfits.set(binding, misfit);
    }
    return misfit === false;
  }

  /** In an order in which nothing meets what goes later; `vanished` is not expressible as an image. */
  writeNet(binding: TableBinding, net: NetEffect): void {
    this.#writeDeletes(binding, net.deletes);
    this.#writeInserts(binding, net.inserts);
    this.#writeUpdates(binding, net.upserts);
  }

  /** The same from slots. */
  writeCompact(binding: TableBinding, net: CompactNet, effects: CompactEffects): void {
    const keyCount = keyCountOf(binding);
    for (const slot of effects.deletes) {
      this.#writeDelete(binding, placeOf(net.before(slot), 0, keyCount), net.timeOf(slot));
    }
    for (const slot of effects.inserts) {
      const after = net.after(slot);
      this.#writer.begin(binding, 'insert', after, net.timeOf(slot));
      this.#writer.insert(after, 0);
    }
    for (const slot of effects.upserts) {
      const before = placeOf(net.before(slot), 0, keyCount);
      this.#writeUpdate(binding, before, { images: net.after(slot), row: 0 }, net.timeOf(slot));
    }
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
      const place = placeOf(wireOf(before), beforeRow, keyCount);
      this.#writeDelete(binding, place, change.timestamp);
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
      const place = placeOf(wireOf(before), beforeRow, keyCount);
      this.#writeUpdate(binding, place, { images: wireOf(after), row }, change.timestamp);
    }
  }

  #writeDelete(binding: TableBinding, before: ImagePlace, time: number): void {
    const { images, row } = before;
    const isByKey = hasLead(before);
    this.#writer.begin(binding, isByKey ? 'deleteByKey' : 'delete', images, time);
    if (isByKey) this.#writer.deleteByKey(before);
    else this.#writer.insert(images, row);
  }

  #writeUpdate(binding: TableBinding, before: ImagePlace, after: ImagePlace, time: number): void {
    const isByKey = hasLead(before);
    this.#writer.begin(binding, isByKey ? 'updateByKey' : 'update', after.images, time);
    if (isByKey) this.#writer.updateByKey(before, after.images, after.row);
    else this.#writer.update(before.images, before.row, { after: after.images, row: after.row });
  }
}

/** `lead` undefined: the whole image is sent. */
interface ImagePlace {
  readonly images: WireImages;
  readonly row: number;
  readonly lead?: ImageLead | undefined;
}

function placeOf(images: WireImages, row: number, keyCount: number | undefined): ImagePlace {
  return { images, row, lead: keyCount === undefined ? undefined : images.leadOf(keyCount) };
}

function hasLead(place: ImagePlace): place is KeyPlace {
  return place.lead !== undefined;
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

/**
 * A capture that is read while it is being recorded.
 *
 * @module
 */
import { CaptureReader } from "../record/read/capture_reader.ts";
import { capturedSoFar, ExchangeTable } from "../record/read/exchanges.ts";
import type { ViewSource } from "./view_server.ts";

/** A source that grows with its file. */
export interface LiveCapture extends ViewSource, Disposable {
  /** Returns how many events, messages and pieces were removed from memory. They are on disk. */
  readonly leftOut: () => number;
}

/**
 * Opens the capture in a directory and reads what is there.
 *
 * @param maxRecords events, messages and pieces that are kept in memory. Default: all
 * @throws CulvertError `input_unreadable`
 */
export async function followCapture(directory: string, maxRecords = Infinity): Promise<LiveCapture> {
  const reader = await CaptureReader.open(directory);
  const table = new ExchangeTable();
  let held = 0;
  let leftOut = 0;
  const refresh = () => {
    let some = false;
    for (const record of reader.records()) {
      table.add(record);
      some = true;
      if (++held <= maxRecords) continue;
      // A quarter is removed at a time, so that this is rare.
      leftOut += table.shrink(Math.floor(maxRecords * 3 / 4));
      held = Math.floor(maxRecords * 3 / 4);
    }
    return some;
  };
  refresh();
  return {
    capture: () => capturedSoFar(reader, table),
    refresh,
    leftOut: () => leftOut,
    [Symbol.dispose]: () => reader[Symbol.dispose](),
  };
}

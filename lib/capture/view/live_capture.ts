/**
 * A capture that is read while it is being recorded.
 *
 * @module
 */
import { CaptureReader } from "../record/read/capture_reader.ts";
import { capturedSoFar, ExchangeTable } from "../record/read/exchanges.ts";
import type { ViewSource } from "./view_server.ts";

/** A source that grows with its file. */
export interface LiveCapture extends ViewSource, Disposable {}

/**
 * Opens the capture in a directory and reads what is there.
 *
 * @throws CulvertError `input_unreadable`
 */
export async function followCapture(directory: string): Promise<LiveCapture> {
  const reader = await CaptureReader.open(directory);
  const table = new ExchangeTable();
  const refresh = () => {
    let some = false;
    for (const record of reader.records()) {
      table.add(record);
      some = true;
    }
    return some;
  };
  refresh();
  return {
    capture: () => capturedSoFar(reader, table),
    refresh,
    [Symbol.dispose]: () => reader[Symbol.dispose](),
  };
}

/**
 * A capture as one file that a browser shows without a network.
 *
 * @module
 */
import type { LoadedCapture } from "../record/read/exchanges.ts";
import { captureContext } from "./capture_context.ts";
import { buildPage } from "./page_parts.ts";
import { detailOf } from "./view_detail.ts";
import { indexOf } from "./view_index.ts";

/** Returns the text of the file. It holds what the capture holds: redact it before. */
export async function pageOf(capture: LoadedCapture): Promise<string> {
  const context = captureContext(capture);
  const details = Object.fromEntries(
    capture.exchanges.map((exchange) => [exchange.id, detailOf(exchange, context)]),
  );
  return (await buildPage({ index: indexOf(capture, context), details })).html;
}

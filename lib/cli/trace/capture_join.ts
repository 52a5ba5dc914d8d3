/**
 * Finds the exchanges of a capture that carried the attempts of a trace.
 *
 * @module
 */
import { headerValue } from "../../capture/export/har_export.ts";
import { openCapture } from "../capture/open_capture.ts";
import type { Host } from "../command/host.ts";
import type { Reporter } from "../output/reporter.ts";
import { isObject } from "../../text/json.ts";

/** A header of HTTP requests, and a member of `client_metadata` in requests over a websocket. */
const CALL_ID = "x-codex-inference-call-id";

/**
 * Returns the names of exchanges by the id of the inference call. A request of a websocket is named like `x3#2`: the
 * number of its message within the exchange.
 *
 * @throws CulvertError `input_unreadable` if the capture cannot be read
 */
export async function exchangesOfCalls(
  name: string,
  host: Host,
  reporter: Reporter,
): Promise<ReadonlyMap<string, string>> {
  using capture = await openCapture(name, host, reporter);
  const exchanges = new Map<string, string>();
  for (const { id, request, messages } of capture.exchanges) {
    const call = headerValue(request?.headers ?? [], CALL_ID);
    if (call !== undefined) exchanges.set(call, id);
    for (const message of messages) {
      if (message.dir !== "send") continue;
      const text = capture.text(message);
      if (text === undefined || !text.includes(CALL_ID)) continue;
      const inFrame = callIn(text);
      if (inFrame !== undefined) exchanges.set(inFrame, `${id}#${message.index}`);
    }
  }
  return exchanges;
}

function callIn(text: string): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // What is no JSON is no request.
    return undefined;
  }
  if (!isObject(json) || !isObject(json.client_metadata)) return undefined;
  const call = json.client_metadata[CALL_ID];
  return typeof call === "string" ? call : undefined;
}

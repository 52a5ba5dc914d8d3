/**
 * Shows a capture in a browser while it is being recorded.
 *
 * @module
 */
import { followCapture } from "../../capture/view/live_capture.ts";
import { startView } from "../../capture/view/view_server.ts";
import type { World } from "../../world/world.ts";

/** A page that follows a capture. Its disposal shows the last records and ends the server. */
export interface LiveView extends AsyncDisposable {
  /** The address of the page; it holds a random token. */
  readonly url: string;
  /** Returns how many events and messages the page no longer shows. */
  readonly leftOut: () => number;
}

/** Events and messages that the page keeps, about 100 MB. */
const MAX_RECORDS = 100_000;

/** Time between two looks at the capture, ms. */
const POLL_MS = 150;

/**
 * Starts the server of the page.
 *
 * @param directory of a capture whose recording has begun
 * @throws CulvertError `input_unreadable`; the error of the system if it cannot listen
 */
export async function showLive(directory: string, world: Pick<World, "sleep">): Promise<LiveView> {
  const source = await followCapture(directory, MAX_RECORDS);
  const server = await startView({ source, world, pollMs: POLL_MS });
  return {
    url: server.url,
    leftOut: source.leftOut,
    [Symbol.asyncDispose]: async () => {
      await server.finish();
      source[Symbol.dispose]();
    },
  };
}

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
}

/** Time between two looks at the capture, ms. */
const POLL_MS = 150;

/**
 * Starts the server of the page.
 *
 * @param directory of a capture whose recording has begun
 * @throws CulvertError `input_unreadable`; the error of the system if it cannot listen
 */
export async function showLive(directory: string, world: Pick<World, "sleep">): Promise<LiveView> {
  const source = await followCapture(directory);
  const server = await startView({ source, world, pollMs: POLL_MS });
  return {
    url: server.url,
    [Symbol.asyncDispose]: async () => {
      await server.finish();
      source[Symbol.dispose]();
    },
  };
}

/**
 * Builds the one door out.
 *
 * @module
 */
import { assembleDialer } from "./assemble_dialer.ts";
import type { Dialer, DialerOptions } from "./dialer.ts";

/**
 * Makes a dialer. Nothing is opened until something is asked for.
 */
export function createDialer(options: DialerOptions): Dialer {
  return assembleDialer(options, {
    openWebSocket: () => import("../websocket/open_websocket.ts"),
    connectWatch: () => import("./connect_watch.ts"),
    probe: () => import("../diagnosis/probe.ts"),
  });
}

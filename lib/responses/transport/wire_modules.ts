/**
 * How a session comes by the websocket, which it may never need.
 *
 * @module
 */

/** Loaders. */
export interface WireModules {
  readonly preconnect: () => Promise<typeof import("./websocket/preconnect.ts")>;
  readonly prewarm: () => Promise<typeof import("../turn/prewarm.ts")>;
  readonly websocketCarrier: () => Promise<typeof import("./websocket/websocket_transport.ts")>;
}

/** In sight of every tool that follows imports. */
export const WIRE_MODULES: WireModules = {
  preconnect: () => import("./websocket/preconnect.ts"),
  prewarm: () => import("../turn/prewarm.ts"),
  websocketCarrier: () => import("./websocket/websocket_transport.ts"),
};

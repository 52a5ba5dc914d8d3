/**
 * How a session comes by the websocket, which it may never need.
 *
 * @module
 */

/** Loaders. */
export interface WireModules {
  readonly preconnect: () => Promise<typeof import("./preconnect.ts")>;
  readonly prewarm: () => Promise<typeof import("./prewarm.ts")>;
  readonly websocketCarrier: () => Promise<typeof import("./websocket_carrier.ts")>;
}

/** In sight of every tool that follows imports. */
export const WIRE_MODULES: WireModules = {
  preconnect: () => import("./preconnect.ts"),
  prewarm: () => import("./prewarm.ts"),
  websocketCarrier: () => import("./websocket_carrier.ts"),
};

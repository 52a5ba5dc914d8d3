/**
 * The versions of the realtime protocol, as a simulated session speaks them.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import { liveFrame, publicFrame } from "./live.ts";
import { quicksilverFrame, quicksilverSession } from "./quicksilver.ts";
import { type RequestError, updatedSession } from "./session_config.ts";

/** How a version differs from the public protocol, which is v2. */
export interface Dialect {
  /** Returns a frame as this version sends it; `undefined` if it has none. */
  readonly sent: (frame: Json) => Json | undefined;
  /** Returns the frame of the public protocol for one of the client. */
  readonly received: (frame: Json) => Json;
  /** Applies an update to the session. */
  readonly updated: (session: Json, update: Json) => Json | RequestError;
  /** Whether a text is answered without being asked. */
  readonly answersText: boolean;
  /** Whether a text comes in pieces of `session.context.append`, and `session.close` ends the session. */
  readonly hasContext: boolean;
}

/** The dialect of each version. */
export const DIALECTS: Readonly<Record<"v1" | "v2" | "v3", Dialect>> = {
  v1: {
    sent: quicksilverFrame,
    received: (frame) => frame,
    updated: (session, update) => quicksilverSession({ ...session, ...update }),
    answersText: true,
    hasContext: false,
  },
  v2: {
    sent: (frame) => frame,
    received: (frame) => frame,
    updated: updatedSession,
    answersText: false,
    hasContext: false,
  },
  v3: {
    sent: liveFrame,
    received: publicFrame,
    updated: (session, update) => quicksilverSession({ ...session, ...update }),
    answersText: false,
    hasContext: true,
  },
};

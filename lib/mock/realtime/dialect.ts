/**
 * The versions of the realtime protocol that a simulated session supports.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import { liveFrame, publicFrame } from "./live.ts";
import { quicksilverFrame, quicksilverSession } from "./quicksilver.ts";
import { type RequestError, updatedSession } from "./session_config.ts";

/** The differences of a version from the public protocol, which is v2. */
export interface Dialect {
  /** Returns a frame in the form of this version; `undefined` if it has none. */
  readonly sent: (frame: Json) => Json | undefined;
  /** Returns the frame of the public protocol for a frame of the client. */
  readonly received: (frame: Json) => Json;
  /** Applies an update to the session. */
  readonly updated: (session: Json, update: Json) => Json | RequestError;
  /** Whether a text is answered without a request. */
  readonly answersText: boolean;
  /** Whether a text arrives in parts as `session.context.append`, and `session.close` ends the session. */
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

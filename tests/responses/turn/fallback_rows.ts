/** Failures of a websocket upgrade. */
import { cut, refuse, silence, type Upgrade } from "../transport/websocket/websocket_kit.ts";

/** After these `auto` continues over SSE; the last field is part of the reported reason. */
export const FALLBACK_ROWS: readonly (readonly [name: string, upgrade: Upgrade, says: RegExp])[] = [
  ...[200, 301, 400, 403, 404, 405, 500, 502, 503].map((status) =>
    [
      `an upgrade answered ${status}`,
      refuse(status, "no websockets here"),
      new RegExp(`\\b${status}\\b`),
    ] as const
  ),
  ["an upgrade that is met with silence", silence, /upgrade was not answered within/],
  ["an upgrade whose connection is cut", cut, /was cut|was closed instead of answering/],
];

/** With `ws` these end the turn; the last field is the code of the error. */
export const NO_FALLBACK_ROWS: readonly (readonly [name: string, upgrade: Upgrade, code: string])[] = [
  ["426", refuse(426), "websocket"],
  ["404", refuse(404), "websocket"],
  ["200", refuse(200, "hello"), "websocket"],
  ["silence", silence, "connect_timeout"],
];

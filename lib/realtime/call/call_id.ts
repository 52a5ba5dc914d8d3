/**
 * Finds the id of a call in the `Location` header of the answer (codex client 0.171.0).
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";

/** Matches `rtc_` and further characters, or a UUID. */
const CALL_ID = /^(rtc_.+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i;

/**
 * Returns the id: the last segment of the path that has its form.
 *
 * @param location the value of the header, absolute or relative
 * @throws CulvertError `response_failed`
 */
export function callIdIn(location: string | null): string {
  if (location === null) {
    throw new CulvertError("response_failed", "The answer to the realtime call has no Location header", {
      hint: "A proxy may have removed it, or the server does not offer realtime calls.",
    });
  }
  const segments = location.replace(/[?#].*$/s, "").split("/");
  const id = segments.findLast((segment) => CALL_ID.test(segment));
  if (id !== undefined) return id;
  throw new CulvertError("response_failed", "The Location header of the realtime call has no call id", {
    hint: "The server does not implement realtime calls as the API defines them.",
  });
}

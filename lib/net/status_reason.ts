/**
 * The reason phrases of HTTP statuses.
 *
 * @module
 */
import { STATUS_CODES } from "node:http";

/**
 * Returns the registered reason phrase of a status (RFC 9110 section 15), such as `Unauthorized`.
 *
 * @param status as text, such as `401` @returns `undefined` for a status that is not registered
 */
export function statusReason(status: string): string | undefined {
  return STATUS_CODES[status];
}

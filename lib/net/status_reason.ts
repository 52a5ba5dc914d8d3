/**
 * The reason phrases of HTTP statuses.
 *
 * @module
 */
import { STATUS_CODES } from "node:http";

/**
 * Returns the registered reason phrase of a status (RFC 9110 section 15), such as `Unauthorized`.
 *
 * @returns `undefined` for a status that is not registered
 */
export function statusReason(status: number | string): string | undefined {
  return STATUS_CODES[status];
}

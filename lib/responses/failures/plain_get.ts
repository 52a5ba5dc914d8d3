/**
 * Detects an answer to a websocket upgrade that ignores the upgrade.
 *
 * @module
 */

/**
 * Returns whether an upgrade was answered like an ordinary GET. A server with a websocket endpoint does not
 * do this, so a proxy may have removed the `Upgrade` header.
 *
 * @param status the HTTP status of the answer
 */
export function isLikePlainGet(status: number): boolean {
  return status === 404 || status === 405 || (status >= 200 && status <= 299);
}

/**
 * Recognises an answer to a websocket upgrade that ignores the upgrade.
 *
 * @module
 */

/**
 * Tells whether an upgrade was answered like an ordinary GET. A server with a websocket endpoint has no reason to, so a
 * proxy may have removed the `Upgrade` header.
 *
 * @param status the HTTP status of the answer
 */
export function isLikePlainGet(status: number): boolean {
  return status === 404 || status === 405 || (status >= 200 && status <= 299);
}

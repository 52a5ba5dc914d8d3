/**
 * User and password in an address.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";

/** Returns the credentials of Basic authentication (RFC 7617), encoded as UTF-8. */
export function basicCredentials(user: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}

/** An address without user information, and the header field that it stands for. */
export interface PlainAddress {
  readonly url: URL;
  /** Value of `Authorization`; `undefined` if the address names no user. */
  readonly authorization: string | undefined;
}

/**
 * Separates user and password from an address.
 *
 * @throws CulvertError `usage` if they are not percent-encoded; the message does not quote them
 */
export function splitUserInfo(address: URL): PlainAddress {
  const url = new URL(address);
  const { username, password } = url;
  url.username = url.password = "";
  if (username === "" && password === "") return { url, authorization: undefined };
  try {
    return {
      url,
      authorization: basicCredentials(decodeURIComponent(username), decodeURIComponent(password)),
    };
  } catch (error) {
    // The message of the engine would quote the text, so it is not kept as a cause.
    if (!(error instanceof URIError)) throw error;
    throw new CulvertError("usage", `Cannot use user and password of the address of ${url.host}`, {
      hint: "Write their special characters percent-encoded, such as %40 for @ and %25 for %.",
      details: { host: url.host },
    });
  }
}

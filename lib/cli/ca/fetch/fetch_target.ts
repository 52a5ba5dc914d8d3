/**
 * Parses the argument of `culvert ca fetch`.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const BARE_IPV6 = /^[0-9a-f]*:[0-9a-f.]*:[0-9a-f:.]*$/i;

/**
 * Parses `HOST`, `HOST:PORT`, an address with or without brackets, or a URL. Path, query and user information are
 * removed: they may be private, and a handshake does not need them.
 *
 * @param text the argument as typed
 * @returns the origin; its scheme is always `https:`
 * @throws CulvertError `usage`
 */
export function fetchTarget(text: string): URL {
  const url = URL.parse(
    HAS_SCHEME.test(text) ? text : `https://${BARE_IPV6.test(text) ? `[${text}]` : text}`,
  );
  if (url === null || url.hostname === "") {
    throw new CulvertError("usage", "The argument has no valid host and port", {
      hint: "Write it as HOST, HOST:PORT or https://HOST/, with a port up to 65535.",
    });
  }
  if (url.protocol !== "https:" && url.protocol !== "wss:") {
    throw new CulvertError("usage", `No certificate is presented over ${url.protocol}//: it is not TLS`, {
      hint: "Name only the host, or an https:// or wss:// URL.",
    });
  }
  return new URL(`https://${url.host}/`);
}

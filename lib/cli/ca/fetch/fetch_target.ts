/**
 * What `culvert ca fetch` is asked to look at.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const BARE_IPV6 = /^[0-9a-f]*:[0-9a-f.]*:[0-9a-f:.]*$/i;

/**
 * Reads `HOST`, `HOST:PORT`, an address with or without brackets, or a URL. Path, query and user information are
 * left out: they may be private, and a handshake has no use for them.
 *
 * @param text as typed
 * @returns the origin, `https:` always
 * @throws CulvertError `usage`
 */
export function fetchTarget(text: string): URL {
  const url = URL.parse(
    HAS_SCHEME.test(text) ? text : `https://${BARE_IPV6.test(text) ? `[${text}]` : text}`,
  );
  if (url === null || url.hostname === "") {
    throw new CulvertError("usage", "Cannot tell which host is meant", {
      hint: "Name it as HOST, HOST:PORT or https://HOST/.",
    });
  }
  if (url.protocol !== "https:" && url.protocol !== "wss:") {
    throw new CulvertError("usage", `Nothing is presented over ${url.protocol}//: it is not TLS`, {
      hint: "Name the host alone, or an https:// or wss:// URL.",
    });
  }
  return new URL(`https://${url.host}/`);
}

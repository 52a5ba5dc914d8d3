/**
 * Redacts addresses so that they may be printed and logged.
 *
 * @module
 */
import { isSecretParameter } from "./secret_names.ts";
import { MASK } from "./span.ts";

/**
 * Returns an address without user information and fragment, and with the values of secret parameters masked.
 *
 * @param text an address
 * @returns `<invalid url>` for text that is not a URL with a host, since its content is unknown
 */
export function redactUrl(text: string): string {
  const url = URL.parse(text);
  // Without a host it may be any text with a colon in it.
  if (url === null || url.host === "") return "<invalid url>";
  url.username = url.password = url.hash = "";
  const pairs = url.search.slice(1).split("&").map((pair) => {
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    return isSecretParameter(name) ? `${name}=${MASK}` : pair;
  });
  url.search = pairs.join("&");
  return url.href;
}

/**
 * Returns an address for the message that says why it cannot be used, in quotation marks. It may be no URL, so everything
 * before its last `@` counts as user and password, and the query and the fragment are masked.
 */
export function quotedAddress(text: string): string {
  const start = /^(?:[a-z][a-z\d+.-]*:?)?\/\//i.exec(text)?.[0].length ?? 0;
  const at = text.lastIndexOf("@");
  const bare = at < start ? text : `${text.slice(0, start)}${MASK}${text.slice(at)}`;
  return JSON.stringify(bare.replace(/[?#].*$/s, `?${MASK}`));
}

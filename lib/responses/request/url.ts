/**
 * URLs of the API's endpoints.
 *
 * @module
 */
import { defaultBaseUrl } from "../../auth/auth_headers.ts";
import type { AuthMode } from "../../auth/authenticator.ts";
import type { Provider } from "../../config/provider.ts";
import { CulvertError } from "../../errors.ts";
import { quotedAddress } from "../../redaction/address.ts";

/**
 * Returns the base URL of a provider. If it names none, the base URL depends on the kind of credential, as in
 * the codex client (0.171.0).
 */
export function baseUrl(provider: Provider, mode: AuthMode): string {
  if (provider.baseUrl !== undefined && provider.baseUrl !== "") return provider.baseUrl;
  return defaultBaseUrl(mode);
}

/**
 * Returns the base URLs that a provider may have: the one that it names, else one for each kind of
 * credential.
 */
export function possibleBaseUrls(provider: Provider): readonly URL[] {
  const bases = provider.baseUrl ? [provider.baseUrl] : [defaultBaseUrl("apikey"), defaultBaseUrl("chatgpt")];
  return bases.map((base) => URL.parse(base)).filter((url) => url !== null);
}

/**
 * Joins base and path with one slash and adds the provider's query parameters, percent-encoded. (The codex
 * client inserts them verbatim, which breaks on `&` or a space.)
 *
 * @param base an `http:` or `https:` URL; its query is kept
 * @param path relative, such as `responses`; empty for the base alone
 * @throws CulvertError `config` if the base is not such a URL
 */
export function endpointUrl(base: string, path: string, query: Readonly<Record<string, string>> = {}): URL {
  const cut = base.search(/[?#]/);
  const stem = (cut === -1 ? base : base.slice(0, cut)).replace(/\/+$/, "");
  const relative = path.replace(/^\/+/, "");
  const own = cut !== -1 && base[cut] === "?" ? base.slice(cut).replace(/#.*$/s, "") : "";
  const text = (relative === "" ? stem : `${stem}/${relative}`) + own;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new CulvertError("config", "The provider's base_url is not an http or https URL", {
      hint: "Write it in full, such as https://api.openai.com/v1.",
      details: { base_url: quotedAddress(base) },
    });
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
  return url;
}

/** Returns the URL with a websocket scheme: `http` becomes `ws`, `https` becomes `wss`. */
export function websocketUrl(url: URL): URL {
  const socket = new URL(url);
  socket.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  return socket;
}

/** Returns scheme, host and path, without query and user information, which may be secret. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Returns an answered request in words, such as `POST https://api.openai.com/v1/responses`.
 *
 * @param asked the URL of the request
 * @param answered the URL of the answer, which is another one after a redirect
 */
export function answeredRequest(method: string, asked: URL, answered: URL): string {
  const request = `${method} ${shownUrl(asked)}`;
  const other = shownUrl(answered);
  return other === shownUrl(asked) ? request : `${request}, redirected to ${other},`;
}

/**
 * Parses the address of a proxy, as users write it in `--proxy` and the proxy variables.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { withoutBrackets } from "../target.ts";
import { basicCredentials } from "../user_info.ts";
import type { ProxyEndpoint, ProxyScheme } from "./route.ts";

/** Default ports: those of the schemes, and for SOCKS that of RFC 1928. */
const DEFAULT_PORTS: Readonly<Record<ProxyScheme, number>> = {
  http: 80,
  https: 443,
  socks5: 1080,
  socks5h: 1080,
};

const ENCODE_HINT = "Write the special characters of user and password percent-encoded, such as %40 for @, " +
  "%23 for #, %2F for /, %5C for \\ and %25 for %.";

/**
 * Parses an address. Without a scheme it is an `http` proxy, as in curl. A user without a password has an
 * empty one. An error contains no part of the address except its scheme and host.
 *
 * @param text the value of the flag or variable
 * @param source its name, for the error
 * @throws CulvertError `proxy_invalid`
 */
export function parseProxyAddress(text: string, source: string): ProxyEndpoint {
  const reject = (reason: string, hint?: string): never => {
    throw new CulvertError("proxy_invalid", `The proxy address in ${source} cannot be used: ${reason}`, {
      hint: hint ??
        `Write it as http://host:port in ${source}, or use --proxy none to connect without a proxy.`,
      details: { source },
    });
  };
  const address = text.trim();
  const marked = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address);
  // Desktops and many programs write socks:// for version 5.
  const written = marked?.[1]?.toLowerCase() ?? "http";
  const scheme = written === "socks" ? "socks5" : written;
  if (!isProxyScheme(scheme)) {
    return reject(
      `its scheme "${marked?.[1]}" is not one of http, https, socks5, socks5h`,
      /^socks/i.test(address)
        ? "Only SOCKS version 5 is supported; if the proxy supports it, write socks5://host:port."
        : undefined,
    );
  }
  const rest = address.slice(marked?.[0].length ?? 0);
  const authority = /^[^/?#\\]*/.exec(rest)?.[0] ?? "";
  const tail = rest.slice(authority.length);
  if (tail.includes("@")) {
    return reject(
      "there is an @ after the end of its host, so its user or password is incomplete",
      ENCODE_HINT,
    );
  }
  if (/\.(pac|dat)$/i.test(tail)) {
    return reject(
      "it is the address of an automatic configuration script (PAC), not of a proxy",
      "Open that address in a browser and look for the line PROXY host:port; use that as http://host:port.",
    );
  }
  const at = authority.lastIndexOf("@");
  const where = hostAndPort(authority.slice(at + 1));
  if (where === undefined) return reject("it has no valid host and port");
  const endpoint = { scheme, host: where.host, port: where.port ?? DEFAULT_PORTS[scheme] };
  if (at < 0) return endpoint;
  const user = authority.slice(0, at);
  const colon = user.indexOf(":");
  try {
    return {
      ...endpoint,
      username: decodeURIComponent(colon < 0 ? user : user.slice(0, colon)),
      password: decodeURIComponent(colon < 0 ? "" : user.slice(colon + 1)),
    };
  } catch (error) {
    // The engine's message would quote the text, so it is not kept as a cause.
    if (!(error instanceof URIError)) throw error;
    return reject(
      "its user or password contains a % that is not followed by two hexadecimal digits",
      ENCODE_HINT,
    );
  }
}

/**
 * Returns the value of `Proxy-Authorization` for a proxy (RFC 7617, UTF-8); `undefined` if it has no
 * credentials.
 */
export function proxyCredentials(proxy: ProxyEndpoint): string | undefined {
  if (proxy.username === undefined) return undefined;
  return basicCredentials(proxy.username, proxy.password ?? "");
}

function isProxyScheme(name: string): name is ProxyScheme {
  return Object.hasOwn(DEFAULT_PORTS, name);
}

function hostAndPort(text: string): { readonly host: string; readonly port?: number } | undefined {
  const [, rawHost = "", rawPort = ""] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(text) ?? [];
  const url = rawHost === "" ? null : URL.parse(`http://${rawHost}/`);
  if (url === null) return undefined;
  const host = withoutBrackets(url.hostname);
  if (rawPort === "") return { host };
  const port = Number(rawPort);
  return port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

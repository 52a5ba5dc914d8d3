/**
 * Hosts and ports of URLs. In URLs the address of IPv6 stands in brackets, everywhere else it does not.
 *
 * @module
 */

/** Host and port of a target. */
export interface TunnelTarget {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Returns host and effective port of a URL. */
export function targetOf(url: URL): TunnelTarget {
  return {
    host: withoutBrackets(url.hostname),
    port: url.port === "" ? (isSecure(url) ? 443 : 80) : Number(url.port),
  };
}

/** Returns whether a URL is reached over TLS. */
export function isSecure({ protocol }: URL): boolean {
  return protocol === "https:" || protocol === "wss:";
}

/** Returns a name or address as it stands in a URL. */
export function inBrackets(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Returns a host of a URL without the brackets around an address of IPv6. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

/**
 * Parses `NO_PROXY`, the list of hosts that are reached without a proxy. There is no standard. These rules
 * accept what curl, Go, Python and the codex client accept, so that a list that works with them also works
 * with culvert.
 *
 * @module
 */
import type { Warning } from "../../warning.ts";
import { withoutBrackets } from "../target.ts";

/** A parsed list. */
export interface NoProxyList {
  /**
   * Returns the first entry that matches a host, as the user wrote it.
   *
   * @param host in lower case, without brackets
   * @param port the effective port
   */
  readonly match: (host: string, port: number) => string | undefined;
  /** Warnings about entries that cannot match any host. */
  readonly warnings: readonly Warning[];
}

interface Entry {
  readonly text: string;
  readonly port?: number;
  readonly covers: (host: string) => boolean;
}

/**
 * Parses a list. Entries are separated by commas or blanks, and upper and lower case are equal:
 *
 * | Entry | Matches |
 * |---|---|
 * | `*` | every host |
 * | `corp.example`, `.corp.example` | that name and its subdomains |
 * | `*.corp.example` | the subdomains only |
 * | `build-*.corp.example` | the star matches any number of characters |
 * | `10.1.2.3`, `[fd00::1]`, `fd00::1` | that address, in any notation |
 * | `10.0.0.0/8`, `fd00::/8` | the addresses of that block |
 * | one of these followed by `:8443` (IPv6 in brackets) | the same, on that port only |
 *
 * @param text the value of the variable
 * @param source the name of the variable, for warnings
 */
export async function parseNoProxy(text: string, source: string): Promise<NoProxyList> {
  const entries: Entry[] = [];
  const warnings: Warning[] = [];
  for (const word of text.split(/[\s,]+/)) {
    if (word === "") continue;
    const entry = await parseEntry(word);
    if (entry !== undefined) {
      entries.push(entry);
      continue;
    }
    const reason = reasonAgainst(word.toLowerCase());
    const message = `The entry "${withoutUser(word)}" of ${source} ${reason}; it is ignored`;
    warnings.push({ code: "no_proxy_entry", message });
  }
  return {
    match: (host, port) =>
      entries.find((entry) => (entry.port === undefined || entry.port === port) && entry.covers(plain(host)))
        ?.text,
    warnings,
  };
}

/** Returns the reason why an entry cannot match any host. */
function reasonAgainst(entry: string): string {
  if (/["'`]/.test(entry)) return "has quotes, which are not part of a host name: remove them";
  if (entry === "<local>") return "is a setting of Windows for names without a dot: list those names";
  if (/[|;]/.test(entry)) return "has an unknown separator: separate entries by commas";
  if (/^[\d.]+-[\d.]+$/.test(entry)) return "is a range of addresses: write a block such as 10.0.0.0/8";
  if (/^\d+(\.\d+){0,2}\.?$/.test(entry)) {
    return "is the beginning of an address: write a block such as 10.0.0.0/8";
  }
  return "is not a host name, an address or a block";
}

async function parseEntry(text: string): Promise<Entry | undefined> {
  // Some lists contain URLs. Scheme and path are not part of the host.
  const address = text.toLowerCase().replace(/^[a-z][a-z0-9+.-]*:\/\//, "");
  if (address.includes("@")) return undefined;
  if (/\/\d+$/.test(address)) {
    const covers = await blockMatcher(address);
    return covers && { text, covers };
  }
  const [, host = "", digits] = /^(\[[^\]]+\]|[^:]*:[^:]*:.*|[^:/]*)(?::(\d+))?\/?$/.exec(address) ?? [];
  const covers = hostMatcher(plain(host));
  if (covers === undefined) return undefined;
  const port = digits === undefined ? undefined : Number(digits);
  return { text, covers, ...(port === undefined ? {} : { port }) };
}

function hostMatcher(host: string): ((host: string) => boolean) | undefined {
  if (host.includes(":")) {
    // The URL parser returns the canonical form of an IPv6 address.
    const address = URL.parse(`http://[${host}]/`)?.hostname.slice(1, -1);
    return address === undefined ? undefined : (target) => target === address;
  }
  if (host.includes("*")) {
    if (/[^a-z0-9._*-]/.test(host)) return undefined;
    const pattern = host.split("*").map(RegExp.escape).join(".*");
    const expression = new RegExp(`^${pattern}$`);
    return (target) => expression.test(target);
  }
  const name = host.replace(/^\./, "");
  if (!canBeHost(name)) return undefined;
  return (target) => target === name || target.endsWith(`.${name}`);
}

/** Returns whether a text is a complete address, or a name whose characters are valid in a host name. */
function canBeHost(name: string): boolean {
  if (name === "" || /[^a-z0-9._~\u0080-\uffff-]/.test(name)) return false;
  return !/^[\d.-]+$/.test(name) || /^\d+\.\d+\.\d+\.\d+$/.test(name);
}

async function blockMatcher(text: string): Promise<((host: string) => boolean) | undefined> {
  const { default: ipaddr } = await import("ipaddr.js");
  const [address = "", bits = ""] = text.split("/");
  const block = `${plain(address)}/${bits}`;
  if (!ipaddr.isValidCIDR(block)) return undefined;
  const [network, length] = ipaddr.parseCIDR(block);
  return (host) => {
    if (!ipaddr.isValid(host)) return false;
    // `process` converts an IPv4-mapped IPv6 address to IPv4.
    const target = ipaddr.process(host);
    return target.kind() === network.kind() && target.match(network, length);
  };
}

function plain(host: string): string {
  return withoutBrackets(host.toLowerCase()).replace(/(?<=.)\.$/, "");
}

function withoutUser(text: string): string {
  return text.includes("@") ? `***@${text.slice(text.lastIndexOf("@") + 1)}` : text;
}

/**
 * `NO_PROXY`: the hosts that are reached without a proxy. There is no standard; these rules accept what the
 * rules of curl, Go, Python and the codex client accept, so that a list that works elsewhere works here.
 *
 * @module
 */
import type { Warning } from "../../warning.ts";

/** A list, read. */
export interface NoProxyList {
  /**
   * The first entry that covers a host, as the user wrote it.
   *
   * @param host lower case, without brackets
   * @param port the effective port
   */
  readonly match: (host: string, port: number) => string | undefined;
  /** About entries that can never match. */
  readonly warnings: readonly Warning[];
}

interface Entry {
  readonly text: string;
  readonly port?: number;
  readonly covers: (host: string) => boolean;
}

/**
 * Reads a list. Entries are separated by commas or blanks and compared without regard to case:
 *
 * | Entry | Covers |
 * |---|---|
 * | `*` | everything |
 * | `corp.example`, `.corp.example` | that name and all names below it |
 * | `*.corp.example` | names below it only |
 * | `build-*.corp.example` | a star stands for any run of characters |
 * | `10.1.2.3`, `[fd00::1]`, `fd00::1` | that address, however it is written |
 * | `10.0.0.0/8`, `fd00::/8` | the addresses of that block |
 * | any of them with `:8443` behind it (IPv6 in brackets) | the same, on that port only |
 *
 * @param text the value of the variable
 * @param source its name, for warnings
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
    const reason = objectionTo(word.toLowerCase());
    const message = `The entry "${withoutUser(word)}" of ${source} ${reason}, and is not used`;
    warnings.push({ code: "no_proxy_entry", message });
  }
  return {
    match: (host, port) =>
      entries.find((entry) => (entry.port === undefined || entry.port === port) && entry.covers(plain(host)))
        ?.text,
    warnings,
  };
}

/** Why an entry can match no host. */
function objectionTo(entry: string): string {
  if (/["'`]/.test(entry)) return "has quotes, which are not part of a host name: remove them";
  if (entry === "<local>") return "is a setting of Windows for names without a dot: list those names";
  if (/[|;]/.test(entry)) return "has a separator that is not known here: separate entries by commas";
  if (/^[\d.]+-[\d.]+$/.test(entry)) return "is a range of addresses: write a block such as 10.0.0.0/8";
  if (/^\d+(\.\d+){0,2}\.?$/.test(entry)) {
    return "is the beginning of an address: write a block such as 10.0.0.0/8";
  }
  return "is not a host name, an address or a block";
}

async function parseEntry(text: string): Promise<Entry | undefined> {
  // Some people list URLs; scheme and path say nothing about a host.
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
    // The URL parser gives an IPv6 address its one canonical form.
    if (!URL.canParse(`http://[${host}]/`)) return undefined;
    const address = new URL(`http://[${host}]/`).hostname.slice(1, -1);
    return (target) => target === address;
  }
  if (host.includes("*")) {
    if (/[^a-z0-9._*-]/.test(host)) return undefined;
    const pattern = host.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*");
    const expression = new RegExp(`^${pattern}$`);
    return (target) => expression.test(target);
  }
  const name = host.replace(/^\./, "");
  if (!canBeHost(name)) return undefined;
  return (target) => target === name || target.endsWith(`.${name}`);
}

/** Whether a host could have this name: an address is complete, and a name has no character that no host has. */
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
    // `process` turns an IPv4 address that is mapped into IPv6 back into what it is.
    const target = ipaddr.process(host);
    return target.kind() === network.kind() && target.match(network, length);
  };
}

function plain(host: string): string {
  return host.toLowerCase().replace(/^\[|\]$/g, "").replace(/(?<=.)\.$/, "");
}

function withoutUser(text: string): string {
  return text.includes("@") ? `***@${text.slice(text.lastIndexOf("@") + 1)}` : text;
}

/**
 * Connects TCP with Happy Eyeballs (RFC 8305): the address families alternate, a new attempt starts every 250
 * ms or as soon as one fails, and the first connection is used.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import type { Progress } from "../failure/stage.ts";

const STAGGER_MS = 250;

/** One address of a host. */
export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** Resolver, sockets and clock; tests replace them. */
export interface TcpParts {
  readonly lookup: (host: string) => Promise<readonly HostAddress[]>;
  readonly connect: (hostname: string, port: number) => Promise<Deno.TcpConn>;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Returns the resolver and the sockets of the system. */
export function systemTcp(sleep: TcpParts["sleep"]): TcpParts {
  return { lookup, connect: (hostname, port) => Deno.connect({ hostname, port }), sleep };
}

async function lookup(host: string): Promise<readonly HostAddress[]> {
  // RFC 6761 §6.3: these names are not sent to a resolver, and both address families are loopback.
  if (/^(.+\.)?localhost\.?$/.test(host)) {
    return [{ address: "127.0.0.1", family: 4 }, { address: "::1", family: 6 }];
  }
  const dns = await import("node:dns/promises");
  return await dns.lookup(host, { all: true, verbatim: true });
}

/**
 * Makes a TCP connection.
 *
 * @param host name or address, without brackets
 * @throws the resolver's error, else that of the first attempt that failed; the signal's reason
 */
export async function dialTcp(
  host: string,
  port: number,
  parts: TcpParts,
  signal: AbortSignal,
  progress: Progress = { stage: "resolve" },
): Promise<Deno.TcpConn> {
  progress.stage = "resolve";
  const addresses = isAddress(host) ? [host] : alternate(await raceAbort(parts.lookup(host), signal));
  progress.stage = "connect";
  const calm = new AbortController();
  const failures: unknown[] = [];
  const attempts: Promise<void>[] = [];
  let winner: Deno.TcpConn | undefined;
  let over = false;
  const attempt = (address: string): Promise<void> =>
    parts.connect(address, port).then(
      (conn) => {
        // Another attempt was faster, or the caller has stopped waiting.
        if (over || winner !== undefined) conn.close();
        else winner = conn;
      },
      (error: unknown) => {
        failures.push(error);
        throw error;
      },
    );
  /** Resolves with the first attempt that connected, or once all have failed. */
  const connected = () => Promise.any(attempts).catch(() => {});
  try {
    for (const address of addresses) {
      const latest = attempt(address);
      attempts.push(latest);
      const failed = latest.catch(() => {});
      const pause = parts.sleep(STAGGER_MS, calm.signal).catch(() => {});
      await raceAbort(Promise.race([connected(), pause, failed]), signal);
      if (winner !== undefined) break;
    }
    await raceAbort(connected(), signal);
    if (winner === undefined) {
      throw failures[0] ?? new Error(`failed to lookup address information: ${host} has no address`);
    }
    const conn: Deno.TcpConn = winner;
    winner = undefined;
    // Small frames must not wait for the acknowledgement of the previous one, which was observed to take 40
    // ms.
    conn.setNoDelay(true);
    // A websocket may be idle for long, so the system must detect a peer that has disappeared.
    conn.setKeepAlive(true);
    return conn;
  } finally {
    over = true;
    calm.abort();
    (winner as Deno.TcpConn | undefined)?.close();
  }
}

function alternate(found: readonly HostAddress[]): readonly string[] {
  const first = found[0]?.family;
  const preferred = found.filter(({ family }) => family === first);
  const others = found.filter(({ family }) => family !== first);
  return preferred.flatMap((one, index) => [one, others[index]])
    .concat(others.slice(preferred.length))
    .flatMap((one) => one === undefined ? [] : [one.address]);
}

/** Returns whether a host is an address literal. */
export function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

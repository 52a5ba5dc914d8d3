/**
 * Is the name known, and does anybody answer there?
 *
 * @module
 */
import { firstHop } from "../../net/tunnel/first_hop.ts";
import { type Check, ok } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/** Does the name of the first hop resolve? */
export const dnsCheck: Check<DoctorContext> = {
  id: "dns",
  category: "network",
  question: "Does the name of the first hop resolve?",
  network: true,
  needs: ["config", "bundle", "route"],
  overdue: {
    code: "dns",
    remediation:
      "The resolver does not answer. Check the name servers of this machine, or go through a proxy that " +
      "resolves names itself.",
  },
  run: async (context, signal) => {
    const way = await context.way(signal);
    const { host, at } = firstHop(way.attempted);
    const addresses = await way.names();
    const details = { host, of: at, addresses };
    const left = at === "proxy" ? `; ${way.attempted.url.hostname} is left to the proxy` : "";
    if (addresses.length === 1 && addresses[0] === host) {
      return ok(`${host} is an address itself${left}`, details);
    }
    return ok(`${host} is ${addresses.slice(0, 3).join(", ")}${left}`, details);
  },
};

/** Does the first hop take a connection? */
export const tcpCheck: Check<DoctorContext> = {
  id: "tcp",
  category: "network",
  question: "Does the first hop take a connection?",
  network: true,
  needs: ["dns"],
  overdue: {
    code: "connect_timeout",
    remediation:
      "Nothing answers at that address: a firewall drops the attempt, or the address is wrong. If this " +
      "network has a proxy for outside connections, set HTTPS_PROXY.",
  },
  run: async (context, signal) => {
    const way = await context.way(signal);
    const { host, port, at } = firstHop(way.attempted);
    const begin = context.world.monotonic();
    const address = await way.connection();
    const ms = Math.round(context.world.monotonic() - begin);
    return ok(`${at === "proxy" ? "The proxy " : ""}${host}:${port} takes a connection in ${ms} ms`, {
      host,
      port,
      of: at,
      address,
      connect_ms: ms,
    });
  },
};

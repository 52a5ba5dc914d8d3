/**
 * Checks the name and the TCP connection of the first hop: the server, or the proxy before it.
 *
 * @module
 */
import { firstHop } from "../../net/tunnel/first_hop.ts";
import { type Check, ok } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/** Checks that the name of the first hop resolves. */
export const dnsCheck: Check<DoctorContext> = {
  id: "dns",
  category: "network",
  question: "Does the name of the first hop resolve?",
  network: true,
  needs: ["config", "bundle", "route"],
  overdue: {
    code: "dns",
    remediation:
      "The resolver does not answer. Check the name servers of this machine, or use a proxy, which " +
      "resolves names itself.",
  },
  run: async (context, signal) => {
    const probe = await context.routeProbe(signal);
    const { host, at } = firstHop(probe.attempted);
    const addresses = await probe.addresses();
    const details = { host, of: at, addresses };
    const left = at === "proxy" ? `; the proxy resolves ${probe.attempted.url.hostname}` : "";
    if (addresses.length === 1 && addresses[0] === host) {
      return ok(`${host} is an IP address${left}`, details);
    }
    return ok(`${host} resolves to ${addresses.slice(0, 3).join(", ")}${left}`, details);
  },
};

/** Checks that the first hop accepts a connection. */
export const tcpCheck: Check<DoctorContext> = {
  id: "tcp",
  category: "network",
  question: "Does the first hop accept a connection?",
  network: true,
  needs: ["dns"],
  overdue: {
    code: "connect_timeout",
    remediation:
      "Nothing answers at this address: a firewall drops the attempt, or the address is wrong. If this " +
      "network has a proxy for outside connections, set HTTPS_PROXY.",
  },
  run: async (context, signal) => {
    const probe = await context.routeProbe(signal);
    const { host, port, at } = firstHop(probe.attempted);
    const begin = context.world.monotonic();
    const address = await probe.connect();
    const ms = Math.round(context.world.monotonic() - begin);
    return ok(`${at === "proxy" ? "The proxy " : ""}${host}:${port} accepts a connection in ${ms} ms`, {
      host,
      port,
      of: at,
      address,
      connect_ms: ms,
    });
  },
};

/**
 * Checks the name and the TCP connection of the first hop: the server, or the proxy before it.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { firstHop } from "../../../net/tunnel/first_hop.ts";
import { type Check, type Finding, ok } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import type { RouteProbe } from "../../probe/route_probe.ts";
import { routeFailure } from "../../probe/variable_source.ts";

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
      "The name server does not answer. Check the name servers of this machine, or use a proxy, which " +
      "resolves the name of the server.",
  },
  run: async (context, signal) => {
    const probe = await context.routeProbe(signal);
    const { host, at } = firstHop(probe.attempted);
    const found = await onRoute(context, probe, () => probe.addresses());
    if ("status" in found) return found;
    const addresses = found.value;
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
      "No server answers at this address: a firewall drops the connection, or the address is wrong. If this " +
      "network requires a proxy, set HTTPS_PROXY.",
  },
  run: async (context, signal) => {
    const probe = await context.routeProbe(signal);
    const { host, port, at } = firstHop(probe.attempted);
    const begin = context.world.monotonic();
    const connected = await onRoute(context, probe, () => probe.connect());
    if ("status" in connected) return connected;
    const address = connected.value;
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

/** Runs a step on the route; a failure names the source of the proxy. */
async function onRoute<T>(
  { world }: DoctorContext,
  { attempted }: RouteProbe,
  step: () => Promise<T>,
): Promise<{ readonly value: T } | Finding> {
  try {
    return { value: await step() };
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    return await routeFailure(error, attempted.route, world);
  }
}

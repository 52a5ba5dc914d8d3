/**
 * Checks that the proxy opens a tunnel to the server.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { hostAndPort } from "../../../net/failure/explain.ts";
import { type Check, type Finding, ok } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import { routeFailure } from "../../probe/variable_source.ts";

/** The check. */
export const proxyCheck: Check<DoctorContext> = {
  id: "proxy",
  category: "network",
  question: "Does the proxy open a tunnel, and which credentials does it require?",
  network: true,
  needs: ["tcp"],
  overdue: {
    code: "proxy_refused",
    remediation:
      "The proxy accepts the connection but does not answer. The server there may not be a proxy, or a proxy " +
      "with another protocol. Check the scheme and the port of its address.",
  },
  run: examineProxy,
};

async function examineProxy(context: DoctorContext, signal: AbortSignal): Promise<Finding> {
  const probe = await context.routeProbe(signal);
  const { url, route } = probe.attempted;
  if (route.kind === "direct") return ok("No proxy on this route");
  const { proxy, source } = route;
  const details = { scheme: proxy.scheme, host: proxy.host, port: proxy.port, source };
  if (url.protocol === "http:" && proxy.scheme.startsWith("http")) {
    return ok("No tunnel is needed: the proxy forwards plain http requests", details);
  }
  try {
    await probe.tunnel();
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    return refusal(error, await routeFailure(error, route, context.world, details));
  }
  const how = proxy.scheme.startsWith("socks")
    ? "The SOCKS proxy connects to"
    : "The proxy opens a tunnel to";
  const who = proxy.username === undefined ? "" : "; it accepts the credentials";
  return ok(`${how} ${hostAndPort(url)}${who}`, details);
}

/** Adds the authentication schemes of the proxy: they decide whether a password can help. */
function refusal(error: CulvertError, finding: Finding): Finding {
  const challenges = error.details["proxy_challenges"];
  const schemes = Array.isArray(challenges) ? challenges.filter((name) => typeof name === "string") : [];
  const asks = schemes.length === 0 ? "" : `; it accepts ${schemes.join(", ")}`;
  return { ...finding, summary: `${error.message}${asks}` };
}

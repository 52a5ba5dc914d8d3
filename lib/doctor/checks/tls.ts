/**
 * Whose certificate is presented, is it accepted, and does somebody read along?
 *
 * @module
 */
import type { DetailValue } from "../../errors.ts";
import { type Attempted, explain } from "../../net/explain.ts";
import type { ProbeResult } from "../../net/probe.ts";
import { isLoopback } from "../../net/route_table.ts";
import { type Check, failure, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/** The check. */
export const tlsCheck: Check<DoctorContext> = {
  id: "tls",
  category: "tls",
  question: "Whose certificate is presented, is it accepted, and does somebody read along?",
  network: true,
  needs: ["proxy"],
  overdue: {
    code: "tls_handshake",
    remediation:
      "The connection stands and the TLS handshake is not answered: a firewall swallows it, or what " +
      "listens there does not speak TLS.",
  },
  run: async (context, signal) => {
    const way = await context.way(signal);
    const { url } = way.attempted;
    if (url.protocol === "http:") return inTheClear(url);
    const seen = await way.seen();
    if (seen.fault === undefined) return accepted(seen, way.attempted);
    const finding = failure(explain(seen.fault, way.attempted, seen.findings));
    return seen.fault.code === "tls_unknown_issuer"
      ? { ...finding, next: `culvert ca fetch ${url.host}` }
      : finding;
  },
};

function inTheClear(url: URL): Finding {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isLoopback(host)) return ok(`No TLS: ${url.host} is this machine`);
  return warn(`No TLS: whoever is on the way to ${url.host} can read prompts, answers and the credential`, {
    remediation: "Use an https address, if the server has one.",
  });
}

function accepted(seen: ProbeResult, { url, route }: Attempted): Finding {
  const { details } = seen.findings;
  const [leaf] = seen.chain?.certificates ?? [];
  if (leaf === undefined) return ok("The certificate is accepted by the roots in force", details);
  const issuer = rootName(seen) ?? leaf.issuer;
  const end = `; its certificate is good until ${leaf.notAfter.slice(0, 10)}`;
  if (details["intercepted"] === true) {
    return ok(`Intercepted by "${issuer}", whose root is trusted here${end}`, details);
  }
  if (details["issuer_origin"] === "public") {
    return ok(`${url.hostname} is vouched for by "${issuer}"${end}`, details);
  }
  if (route.kind === "proxy") {
    return ok(`Probably intercepted, by "${issuer}": a CA of no public kind, behind a proxy${end}`, details);
  }
  return ok(
    `${url.hostname} is vouched for by "${issuer}", a CA of no public kind that is trusted here${end}`,
    details,
  );
}

/** The outermost issuer that the chain names. */
export function rootName(seen: ProbeResult): string | undefined {
  return seen.chain?.certificates.at(-1)?.issuer;
}

/** Who is known, or must be thought, to stand in between. */
export function interceptorOf(seen: ProbeResult, isProxied: boolean): string | undefined {
  const origin: DetailValue | undefined = seen.findings.details["issuer_origin"];
  if (seen.findings.details["intercepted"] !== true && (!isProxied || origin === "public")) return undefined;
  return rootName(seen);
}

/**
 * Whose certificate is presented, is it accepted, and does somebody read along?
 *
 * @module
 */
import { explain, fetchCommand } from "../../net/failure/explain.ts";
import type { ProbeResult } from "../../net/diagnosis/probe.ts";
import { isLoopback } from "../../net/route/route_table.ts";
import { type Check, failure, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { describeInterception } from "../examination/interception.ts";
import type { Way } from "../examination/way.ts";

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
    if (seen.fault === undefined) return await accepted(way, seen);
    const finding = failure(explain(seen.fault, way.attempted, seen.findings));
    return seen.fault.code === "tls_unknown_issuer" ? { ...finding, next: fetchCommand(url) } : finding;
  },
};

function inTheClear(url: URL): Finding {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isLoopback(host)) return ok(`No TLS: ${url.host} is this machine`);
  return warn(`No TLS: whoever is on the way to ${url.host} can read prompts, answers and the credential`, {
    remediation: "Use an https address, if the server has one.",
  });
}

async function accepted(way: Way, seen: ProbeResult): Promise<Finding> {
  const { hostname } = way.attempted.url;
  const found = await way.interception();
  const [leaf] = seen.chain?.certificates ?? [];
  if (found === undefined || leaf === undefined) {
    return ok("The certificate is accepted by the roots in force", seen.findings.details);
  }
  const details = {
    ...seen.findings.details,
    intercepted: found.kind === "perhaps" ? null : found.kind === "certain",
    issuer: found.by,
  };
  return ok(
    `${describeInterception(found, hostname, true)}; its certificate is good until ${
      leaf.notAfter.slice(0, 10)
    }`,
    details,
  );
}

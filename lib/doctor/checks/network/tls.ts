/**
 * Checks the certificate of the server, and whether TLS is intercepted.
 *
 * @module
 */
import type { ProbeResult } from "../../../net/diagnosis/probe.ts";
import { explain, hostAndPort } from "../../../net/failure/explain.ts";
import type { NetworkFault } from "../../../net/failure/fault.ts";
import { isLoopback } from "../../../net/route/route_table.ts";
import { withoutBrackets } from "../../../net/target.ts";
import { type Check, failure, type Finding, ok, warn } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import { describeInterception, type Interception, interceptionRemedy } from "../../probe/interception.ts";
import type { RouteProbe } from "../../probe/route_probe.ts";

/** The check. */
export const tlsCheck: Check<DoctorContext> = {
  id: "tls",
  category: "tls",
  question: "Is the certificate accepted, and is TLS intercepted?",
  network: true,
  needs: ["proxy"],
  overdue: {
    code: "tls_handshake",
    remediation:
      "The connection is open but the TLS handshake is not answered: a firewall drops it, or the server " +
      "there does not speak TLS.",
  },
  run: async (context, signal) => {
    const probe = await context.routeProbe(signal);
    const { url } = probe.attempted;
    if (url.protocol === "http:") return withoutTls(url);
    const seen = await probe.tls();
    return seen.fault === undefined
      ? await accepted(probe, seen)
      : await refused(context, probe, seen, seen.fault);
  },
};

function withoutTls(url: URL): Finding {
  if (isLoopback(withoutBrackets(url.hostname))) return ok(`No TLS: ${url.host} is this machine`);
  return warn(
    `No TLS: prompts, answers and the credential can be read in the network between here and ${url.host}`,
    {
      remediation: "Use an https address if the server has one.",
    },
  );
}

async function refused(
  context: DoctorContext,
  probe: RouteProbe,
  seen: ProbeResult,
  fault: NetworkFault,
): Promise<Finding> {
  const { attempted } = probe;
  if (isProtocolRefused(fault)) {
    const protocol = await probe.protocol();
    if (protocol !== undefined) return withoutHttp1(attempted.url, protocol);
  }
  const finding = failure(explain(fault, attempted, seen.findings));
  if (fault.code !== "tls_unknown_issuer") return finding;
  // The certificate of the proxy itself says nothing about an interception of the server's.
  const found = fault.at === "proxy" ? undefined : await probe.interception();
  const remediation = found === undefined ? undefined : interceptionRemedy(found);
  return {
    ...finding,
    details: { ...finding.details, ...interceptionDetails(found) },
    ...(remediation === undefined ? {} : { remediation }),
    next: (await context.commands()).caFetch(hostAndPort(attempted.url).replace(/:443$/, "")),
  };
}

/** Whether the server refused the handshake because HTTP/1.1 alone was offered by ALPN (RFC 7301 §3.2). */
function isProtocolRefused({ reason, text = "" }: NetworkFault): boolean {
  return /no_application_protocol|NoApplicationProtocol/.test(`${reason} ${text}`);
}

/** A websocket needs HTTP/1.1; a turn over SSE uses HTTP/2. */
function withoutHttp1(url: URL, protocol: string): Finding {
  return warn(
    `The certificate is accepted, but ${url.host} supports only HTTP/2 (ALPN "${protocol}"): turns use SSE, and ` +
      "no websocket can be opened",
    {
      details: { alpn: protocol },
      remediation:
        "Use --transport sse to avoid the attempt, or ask the administrator to offer HTTP/1.1 by ALPN too.",
    },
  );
}

async function accepted(probe: RouteProbe, seen: ProbeResult): Promise<Finding> {
  const { hostname } = probe.attempted.url;
  const found = await probe.interception();
  const [leaf] = seen.chain?.certificates ?? [];
  if (found === undefined || leaf === undefined) {
    return ok("The certificate is accepted by the roots in force", seen.findings.details);
  }
  return ok(
    `${describeInterception(found, hostname, true)}; the certificate is valid until ${
      leaf.notAfter.slice(0, 10)
    }`,
    { ...seen.findings.details, ...interceptionDetails(found) },
  );
}

/** Returns the same facts as `culvert ca fetch --json`; `intercepted` is null if it is not known. */
function interceptionDetails(found: Interception | undefined): Finding["details"] {
  if (found === undefined) return {};
  return { intercepted: found.kind === "perhaps" ? null : found.kind === "certain", issuer: found.by };
}

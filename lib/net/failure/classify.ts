/**
 * Makes a {@link NetworkFault} from an error of the runtime: first by its stage, then by its text.
 *
 * @module
 */
import type { ErrorCode } from "../../errors.ts";
import type { Route } from "../route/route.ts";
import { FaultError, type NetworkFault } from "./fault.ts";
import { failingEnd, type Stage } from "./stage.ts";
import {
  ADDRESS,
  CERTIFICATE,
  CLIENT_CERTIFICATE,
  CUT,
  HANDSHAKE,
  HTTP,
  PROXY,
  type Wording,
} from "./wordings.ts";

const CUT_IN_HANDSHAKE = CUT.map((cut) => ({
  ...cut,
  reason: "the connection was closed during the TLS handshake",
}));
const HANDSHAKES = [CERTIFICATE, CLIENT_CERTIFICATE, HANDSHAKE, CUT_IN_HANDSHAKE];
const ALL = [CERTIFICATE, CLIENT_CERTIFICATE, HANDSHAKE, PROXY, ADDRESS, HTTP, CUT];

/**
 * The faults that can occur in each stage. After the handshake a failure of TLS is a cut connection, except
 * for the alerts about client certificates, which arrive after the handshake in TLS 1.3.
 */
const OF_STAGE: Readonly<Record<Stage, readonly (readonly Wording[])[]>> = {
  resolve: [ADDRESS],
  connect: [ADDRESS, CUT],
  proxy_tls: HANDSHAKES,
  proxy: [CLIENT_CERTIFICATE],
  tls: HANDSHAKES,
  upgrade: [CLIENT_CERTIFICATE],
  request: ALL,
  head: [CLIENT_CERTIFICATE, HTTP],
  open: [CLIENT_CERTIFICATE],
};

/** The fault for an error text that is not known. */
const OTHERWISE: Readonly<Record<Stage, readonly [ErrorCode, string]>> = {
  resolve: ["dns", "its name could not be resolved"],
  connect: ["connect", "no connection could be made"],
  proxy_tls: ["tls_handshake", "the TLS handshake failed"],
  proxy: ["proxy_refused", "the connection was cut while the proxy was asked for a tunnel"],
  tls: ["tls_handshake", "the TLS handshake failed"],
  upgrade: ["reset", "the connection was cut before the websocket upgrade was answered"],
  request: ["connect", "no connection could be made"],
  head: ["reset", "the connection was cut before the answer"],
  open: ["reset", "the connection was cut"],
};

/**
 * Classifies a failure of the network.
 *
 * @param thrown the error of `fetch`, a body, or one of the socket functions
 * @param route the route that was taken
 * @param stage where it happened; without it only the error text decides
 * @param isForwarded whether the proxy of the route was asked for the plain request, and not for a tunnel
 * @returns `undefined` if it is not a network failure: without a stage, if the error text is not known
 */
export function classify(
  thrown: unknown,
  route: Route,
  stage?: Stage,
  isForwarded = false,
): NetworkFault | undefined {
  if (thrown instanceof FaultError) return thrown.fault;
  if (isProgrammingError(thrown, stage)) return undefined;
  const text = chainText(thrown);
  const exact = stage === "request" ? stageOfRequest(text) : stage;
  const wording = findWording(text, route, exact);
  const end = exact === undefined ? "target" : failingEnd(exact, route);
  const known = exact === undefined || exact === "request" ? {} : { stage: exact };
  if (wording !== undefined) {
    const { code, reason, condition } = wording;
    const ends = {
      proxy: "proxy",
      nearest: route.kind === "proxy" ? "proxy" : "target",
      responder: isForwarded ? "proxy" : "target",
    } as const;
    const at = wording.at === undefined ? end : ends[wording.at];
    return { code, at, reason, text, ...known, ...(condition === undefined ? {} : { condition }) };
  }
  if (exact === undefined) {
    if (!/fetch failed|client error|os error/.test(text)) return undefined;
    return { code: "connect", at: "target", reason: OTHERWISE.connect[1], text };
  }
  const [code, reason] = OTHERWISE[exact];
  return { code, at: end, reason, text, ...known };
}

/**
 * Returns whether an error of the JavaScript engine is an internal error. `fetch` and its bodies also throw a
 * `TypeError`.
 */
function isProgrammingError(thrown: unknown, stage: Stage | undefined): boolean {
  if (!(thrown instanceof Error)) return true;
  if (thrown instanceof TypeError) {
    return stage !== undefined && stage !== "request" && stage !== "head" && stage !== "open";
  }
  return thrown instanceof RangeError || thrown instanceof ReferenceError || thrown instanceof SyntaxError;
}

/** Returns the stage that a request of the runtime's client reached, from its error text. */
function stageOfRequest(text: string): Stage {
  if (/client error \(SendRequest\)|connection error|http2 error/.test(text)) return "head";
  if (/client error \(Connect\)|Requests to port|error sending request/.test(text)) return "request";
  // Observed with TLS 1.3 and through proxies: only the text of a failed read or write.
  return /dns error|certificate/i.test(text) ? "request" : "head";
}

function findWording(text: string, route: Route, stage: Stage | undefined): Wording | undefined {
  const isSocks = route.kind === "proxy" && route.proxy.scheme.startsWith("socks");
  const groups = stage === undefined ? ALL : OF_STAGE[stage];
  return groups.flat().find((one) => (one.socks !== true || isSocks) && one.pattern.test(text));
}

/**
 * Returns the messages and codes of an error and its causes, without addresses, which may contain a query or
 * a user name.
 */
function chainText(thrown: unknown): string {
  const parts: string[] = [];
  for (let error = thrown; error instanceof Error && parts.length < 8; error = error.cause) {
    const code: unknown = Reflect.get(error, "code");
    const isTold = typeof code !== "string" || error.message.includes(code);
    parts.push(isTold ? error.message : `${error.message} (${code})`);
  }
  return parts.join(": ")
    .replace(/ (?:from \S+ )?for (?:url )?\(?[a-z]+:\/\/[^\s)]*\)?(?: \([^)]*\))?/g, "")
    .replace(/[a-z][a-z0-9+.-]*:\/\/\S+/g, "…")
    .slice(0, 300);
}

/**
 * Corrects the reason for which a server rejects the client's certificate. The runtime does not report
 * whether one was presented, and a server may answer its absence with an alert that means a bad one (Go on
 * TLS 1.2: `bad_certificate`).
 *
 * @param isPresented whether this client has a certificate to present
 */
export function forClient(fault: NetworkFault, isPresented: boolean): NetworkFault {
  if (fault.condition === "client_certificate_required" && isPresented) {
    return {
      ...fault,
      condition: "client_certificate_rejected",
      reason: "it rejected the client certificate",
    };
  }
  if (fault.condition === "client_certificate_rejected" && !isPresented) {
    const alert = /alert: (\w+)/.exec(fault.text ?? "")?.[1] ?? "an alert";
    return {
      ...fault,
      condition: "client_certificate_required",
      reason: `it refused the TLS handshake as servers do that require a client certificate (${alert})`,
    };
  }
  return fault;
}

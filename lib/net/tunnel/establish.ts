/**
 * Connects to the target of a URL: DNS, TCP, proxy and TLS within one time limit, and each step is observed.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import type { Deadline } from "../../async/deadline.ts";
import { classify } from "../failure/classify.ts";
import { hostAndPort } from "../failure/explain.ts";
import { FaultError } from "../failure/fault.ts";
import { type Progress, type Stage, stageTimeout } from "../failure/stage.ts";
import type { NetworkFacts, NetworkObservation, Observer } from "../observer.ts";
import { type Route, routeKind } from "../route/route.ts";
import { isSecure, targetOf } from "../target.ts";
import { openTunnel, secure, type SecureConn, type TunnelParts } from "./tunnel.ts";

/** The parts of the dialer that connecting uses. */
export interface ConnectParts extends TunnelParts {
  readonly observer: Observer;
  /** Creates the error for a failure to connect, after a probe of the same route if it gives more facts. */
  readonly fail: (
    thrown: unknown,
    url: URL,
    route: Route,
    signal: AbortSignal | undefined,
    stage: Stage,
  ) => Promise<CulvertError>;
  /** Creates the error for a failure of an open connection. */
  readonly broken: (thrown: unknown, url: URL, route: Route) => CulvertError;
}

/** One attempt to connect. */
export interface Attempt {
  /** Its scheme selects TLS; path and query are not used. */
  readonly url: URL;
  readonly route: Route;
  readonly transport: NetworkFacts["transport"];
  readonly alpn?: readonly string[];
  readonly limit: Deadline;
  readonly progress: Progress;
}

/**
 * Connects to the target of an attempt.
 *
 * @throws FaultError, the errors of the system and the TLS library, the reason of the limit's signal
 */
export async function establish(attempt: Attempt, parts: ConnectParts): Promise<SecureConn> {
  const { url, route, limit: { signal }, progress, alpn } = attempt;
  const target = targetOf(url);
  const tcp = await observed(
    attempt,
    parts,
    () => openTunnel(target, route, parts, signal, progress),
    (facts) => ({ kind: "connect", ...facts }),
  );
  if (!isSecure(url)) return { conn: tcp, alpn: undefined };
  progress.stage = "tls";
  return await observed(
    attempt,
    parts,
    () => secure(tcp, target.host, parts, signal, alpn),
    (facts, secured) => ({
      kind: "tls",
      ...facts,
      ...(secured?.alpn === undefined ? {} : { alpn: secured.alpn }),
    }),
  );
}

/**
 * Returns the error of a failed attempt: the reason of the signal if it is aborted, `connect_timeout` with
 * the stage if the time limit has passed, and otherwise the result of `parts.fail`.
 *
 * @param thrown the error of {@link establish}, or of a later step within the same limit
 * @param limitMs the time limit, ms
 */
export async function attemptFailure(
  thrown: unknown,
  { limit, progress, route, url }: Attempt,
  { limitMs, signal }: { readonly limitMs: number; readonly signal?: AbortSignal | undefined },
  parts: ConnectParts,
): Promise<unknown> {
  const isAborted = () => signal?.aborted === true;
  if (isAborted()) return signal?.reason;
  const cause = limit.isExpired ? new FaultError(stageTimeout(progress.stage, limitMs, route)) : thrown;
  const failure = await parts.fail(cause, url, route, signal, progress.stage);
  return isAborted() ? signal?.reason : failure;
}

/**
 * Runs a step and reports how long it took.
 *
 * @param describe makes the observation; the result is absent if the step failed
 */
export async function observed<T>(
  { url, route, transport, limit, progress }: Attempt,
  { observer, world }: Pick<ConnectParts, "observer" | "world">,
  step: () => Promise<T>,
  describe: (facts: NetworkFacts, result?: T) => NetworkObservation,
): Promise<T> {
  const startMs = world.monotonic();
  const facts = (error?: string): NetworkFacts => ({
    transport,
    host: hostAndPort(url),
    route: routeKind(route),
    startMs,
    durationMs: world.monotonic() - startMs,
    ...(error === undefined ? {} : { error }),
  });
  try {
    const result = await step();
    observer.observe(describe(facts(), result));
    return result;
  } catch (error) {
    const isStopped = limit.signal.aborted && !limit.isExpired;
    const code = limit.isExpired ? "connect_timeout" : classify(error, route, progress.stage)?.code;
    if (!isStopped) observer.observe(describe(facts(code ?? "connect")));
    throw error;
  }
}

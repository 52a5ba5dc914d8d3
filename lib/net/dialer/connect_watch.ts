/**
 * The time limit of an HTTP request for connecting. The runtime's client does not distinguish connecting from
 * waiting for an answer, so a second connection to the same target is made to find out.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import { deadline } from "../../async/deadline.ts";
import { withRightScheme } from "../diagnosis/proxy_scheme.ts";
import { explain } from "../failure/explain.ts";
import { FaultError } from "../failure/fault.ts";
import { type Progress, stageTimeout } from "../failure/stage.ts";
import type { Route } from "../route/route.ts";
import { isSecure, targetOf } from "../target.ts";
import { closeQuietly } from "../tunnel/byte_conn.ts";
import type { ConnectParts } from "../tunnel/establish.ts";
import { openTunnel, secure } from "../tunnel/tunnel.ts";

/**
 * Connects over the same route, TLS included, within the remaining time.
 *
 * @param times the whole limit, and the part of it that has passed, ms
 * @param answered aborted when the request has its answer or has failed
 * @returns the failure if no connection could be made in time; `undefined` if one could, or if the request
 * was answered meanwhile. A connection that is refused immediately is not a failure here: the request itself
 * reports it.
 */
export async function connectFailure(
  url: URL,
  route: Route,
  parts: ConnectParts,
  times: { readonly limitMs: number; readonly quietMs: number },
  answered: AbortSignal,
): Promise<CulvertError | undefined> {
  const progress: Progress = { stage: "resolve" };
  const { world } = parts;
  const { limitMs, quietMs } = times;
  const target = targetOf(url);
  if (route.kind === "proxy" && route.proxy.scheme === "https") {
    // A proxy without TLS often waits for the end of a line, which a TLS handshake does not have.
    const fault = stageTimeout("proxy_tls", quietMs, route);
    const exact = await withRightScheme(fault, target, route, parts, answered);
    if (exact !== fault) return explain(exact, { url, route, trust: parts.trust });
  }
  using limit = deadline(limitMs - quietMs, world, answered);
  try {
    const tcp = await openTunnel(target, route, parts, limit.signal, progress);
    progress.stage = "tls";
    const conn = isSecure(url) ? (await secure(tcp, target.host, parts, limit.signal)).conn : tcp;
    closeQuietly(conn);
    return undefined;
  } catch {
    if (answered.aborted || !limit.isExpired) return undefined;
    const fault = new FaultError(stageTimeout(progress.stage, limitMs, route));
    return await parts.fail(fault, url, route, answered, progress.stage);
  }
}

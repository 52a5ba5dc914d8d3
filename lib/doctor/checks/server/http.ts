/**
 * Checks that the API answers, and nothing else in its place.
 *
 * @module
 */
import { failureOf } from "../../../api/call.ts";
import type { ApiConnection } from "../../../api/send_request.ts";
import { CulvertError } from "../../../errors.ts";
import { webPageIn } from "../../../net/failure/web_page.ts";
import { shownUrl } from "../../../responses/request/url.ts";
import { type Check, fail, failure, type Finding, ok } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import type { ProbeReply } from "../../probe/probe_reply.ts";

/** The check. */
export const httpCheck: Check<DoctorContext> = {
  id: "http",
  category: "http",
  question: "Does the API answer, or another server?",
  network: true,
  needs: ["config", "bundle", "route", "dns", "tcp", "proxy", "tls"],
  overdue: {
    code: "header_timeout",
    remediation: "The connection is open but there is no answer: a proxy may delay the request.",
  },
  run: async (context, signal) => {
    try {
      return judgeReply(await context.modelList(signal), await context.connection());
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      const found = failedRedirect(error, await context.base());
      if (found === undefined) throw error;
      return found;
    }
  },
};

/** Judges whether a reply is one of an API. Other checks judge what it says about credentials and models. */
function judgeReply(reply: ProbeReply, connection: ApiConnection): Finding {
  const { status } = reply;
  const details = replyDetails(reply);
  const isPage = webPageIn(reply.headers, reply.text) !== undefined;
  const isElsewhere = reply.url.host !== reply.asked.host;
  if (isElsewhere && isPage) {
    return fail("blocked", `${reply.asked.host} redirects to a web page of ${reply.url.host}`, {
      details,
      remediation: PORTAL_REMEDY,
    });
  }
  if (status === 511) {
    return fail("blocked", "The network requires a login before it allows requests (status 511)", {
      details,
      remediation: PORTAL_REMEDY,
    });
  }
  // A server without a list of models may answer with the 404 page of its framework.
  if ((isPage && status !== 404) || status >= 500 || status === 429 || status === 407) {
    const { error } = failureOf(reply, reply, connection);
    return failure(error, {
      details,
      remediation: error.hint ?? "The server failed. Try again later.",
    });
  }
  const redirected = isElsewhere ? `, after a redirect to ${reply.url.host}` : "";
  return ok(
    `${reply.asked.host} answers with status ${status} in ${Math.round(reply.durationMs)} ms${redirected}`,
    details,
  );
}

/** The remedy for a network that answers in place of the API. */
const PORTAL_REMEDY =
  "Another server on the route answers instead of the API. Open a browser and log in to the network, or ask your " +
  "network team to allow this host in the proxy.";

/** Returns the facts of a reply for the report. */
export function replyDetails(reply: ProbeReply): Finding["details"] {
  return {
    url: shownUrl(reply.asked),
    status: reply.status,
    route: reply.route,
    duration_ms: Math.round(reply.durationMs),
    ...(reply.url.host === reply.asked.host ? {} : { redirected_to: shownUrl(reply.url) }),
    ...named(reply.headers, ["server", "via", "x-cache", "cf-ray", "x-request-id"]),
  };
}

/** Returns the finding for a redirect to a host that cannot be reached; `undefined` for another error. */
function failedRedirect(error: CulvertError, base: URL): Finding | undefined {
  const host = error.details["host"];
  if (typeof host !== "string" || host === base.hostname || host === base.host) return undefined;
  return fail("blocked", `${base.host} redirects to ${host}, which cannot be reached: ${error.message}`, {
    details: error.details,
    remediation: PORTAL_REMEDY,
  });
}

function named(headers: Headers, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name.replaceAll("-", "_"), value.slice(0, 120)]];
  }));
}

/**
 * Does the API answer, or something in its place?
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { httpFailure } from "../../responses/failures/http_failures.ts";
import { secretsOf, shownText } from "../../responses/failures/server_text.ts";
import { shownUrl } from "../../responses/request/url.ts";
import { type Check, fail, failure, type Finding, ok } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { attempted, type ModelListReply } from "../examination/model_list.ts";

/** The check. */
export const httpCheck: Check<DoctorContext> = {
  id: "http",
  category: "http",
  question: "Does the API answer, or something in its place?",
  network: true,
  needs: ["config", "bundle", "route", "dns", "tcp", "proxy", "tls"],
  overdue: {
    code: "header_timeout",
    remediation: "The connection stands and nothing answers: a proxy on the way may hold the request back.",
  },
  run: async (context, signal) => {
    try {
      const reply = await context.reply(signal);
      return judge(reply, context.world.now(), secretsOf(await context.headers()));
    } catch (error) {
      if (error instanceof CulvertError) return ledAstray(error, await context.base()) ?? rethrow(error);
      throw error;
    }
  },
};

function rethrow(error: CulvertError): never {
  throw error;
}

/**
 * Judges a reply as the answer of an API. What it says about credentials and models is left to other checks.
 *
 * @param now ms since 1970
 * @param secrets to be taken out of what the server says
 */
export function judge(reply: ModelListReply, now: number, secrets: readonly string[]): Finding {
  const { status, headers, body } = reply;
  const details = {
    url: shownUrl(reply.asked),
    status,
    route: reply.route,
    duration_ms: Math.round(reply.durationMs),
    ...(reply.url.host === reply.asked.host ? {} : { redirected_to: shownUrl(reply.url) }),
    ...named(headers, ["server", "via", "x-cache", "cf-ray", "x-request-id"]),
  };
  const elsewhere = reply.url.host !== reply.asked.host;
  const isPage = /html/i.test(headers.get("content-type") ?? "") || /^\s*<(!doctype html|html)\b/i.test(body);
  if (elsewhere && isPage) {
    return fail("blocked", `${reply.asked.host} redirects to a web page of ${reply.url.host}`, {
      details,
      remediation: PORTAL,
    });
  }
  if (status === 511) {
    return fail("blocked", `The network wants a login before it lets anything through (status 511)`, {
      details,
      remediation: PORTAL,
    });
  }
  const isServerFault = status >= 500;
  if (isPage && !isServerFault && status !== 404) {
    const edge = headers.has("cf-ray");
    return fail(
      "blocked",
      `A web page came instead of an answer of the API${titleOf(body)}, status ${status}`,
      {
        details,
        remediation: edge
          ? "The edge network of the provider refuses this client or this place; try another network or egress."
          : `${PORTAL} If the address is of your own choosing, check its path.`,
      },
    );
  }
  if (isServerFault || status === 429 || status === 407) {
    const { error } = httpFailure({ status, headers, body, attempted: attempted(reply) }, { now, secrets });
    return failure(error, {
      details,
      remediation: error.hint ?? "The server is in trouble; try again in a while.",
    });
  }
  const by = elsewhere ? `, after a redirect to ${reply.url.host}` : "";
  return ok(
    `${reply.asked.host} answers with status ${status} in ${Math.round(reply.durationMs)} ms${by}`,
    details,
  );
}

const PORTAL =
  "Something between here and the API answers in its place: open a browser and log in to the network, " +
  "or ask who runs the proxy to let this host through.";

/** A redirect that leads to a host that then fails is told as what it is. */
function ledAstray(error: CulvertError, base: URL): Finding | undefined {
  const host = error.details["host"];
  if (typeof host !== "string" || host === base.hostname || host === base.host) return undefined;
  return fail("blocked", `${base.host} redirects to ${host}, which fails in turn: ${error.message}`, {
    details: error.details,
    remediation: PORTAL,
  });
}

function titleOf(body: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(body)?.[1]?.trim() ?? "";
  return title === "" ? "" : ` ("${shownText(title, []).slice(0, 80)}")`;
}

function named(headers: Headers, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name.replaceAll("-", "_"), value.slice(0, 120)]];
  }));
}

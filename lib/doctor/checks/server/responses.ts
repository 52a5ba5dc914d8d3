/**
 * Checks that the server has the endpoint of turns and accepts the credential there.
 *
 * @module
 */
import { failureOf } from "../../../api/call.ts";
import { attemptedOf } from "../../../api/send_request.ts";
import { CulvertError } from "../../../errors.ts";
import { errorInBody } from "../../../responses/failures/server_text.ts";
import { webPageIn } from "../../../net/failure/web_page.ts";
import { shownUrl } from "../../../responses/request/url.ts";
import { type Check, fail, failure, type Finding, ok, skipped } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import { findBaseUrl, requestEndpoint } from "../../probe/endpoint.ts";
import { modelNames } from "../../probe/model_list.ts";
import type { ProbeReply } from "../../probe/probe_reply.ts";
import { replyDetails } from "./http.ts";
import { credentialMissing, credentialRefused } from "./models.ts";

/** The check. */
export const responsesCheck: Check<DoctorContext> = {
  id: "responses",
  category: "http",
  question: "Does the server have the Responses API, and does it accept the credential there?",
  network: true,
  needs: ["http", "models"],
  overdue: {
    code: "header_timeout",
    remediation: "The server answers GET requests but not POST: a proxy may delay requests with a body.",
  },
  run: examineEndpoint,
};

async function examineEndpoint(context: DoctorContext, signal: AbortSignal): Promise<Finding> {
  const authorization = await context.authorization("/responses", signal);
  if (authorization.kind !== "headers") return skipped(`Skipped: ${authorization.reason}`);
  const { mode, source } = authorization.authorization;
  const reply = await requestEndpoint(context, signal);
  const { status } = reply;
  const details = replyDetails(reply);
  if (isAbsent(reply)) return await absent(context, reply, details, signal);
  const isPage = webPageIn(reply.headers, reply.text) !== undefined;
  if (!isPage && status === 401 && mode === "none") return credentialMissing(reply);
  if (!isPage && (status === 401 || status === 403)) {
    return await credentialRefused(context, reply, source.name);
  }
  if (isPage || status === 407 || status === 429 || (status >= 502 && status <= 504)) {
    return failure(failureOf(reply, reply, await context.connection()).error, { details });
  }
  return ok(`${shownUrl(reply.asked)} exists (status ${status} to a request without input)`, details);
}

/** Whether the endpoint does not exist. A server may answer 404 for the model that the request does not name. */
function isAbsent({ status, text }: ProbeReply): boolean {
  if (status === 405 || status === 501) return true;
  if (status !== 404) return false;
  const { code, message, param } = errorInBody(text) ?? {};
  return ![code, message, param].some((value) => typeof value === "string" && /model/i.test(value));
}

async function absent(
  context: DoctorContext,
  reply: ProbeReply,
  details: Finding["details"],
  signal: AbortSignal,
): Promise<Finding> {
  const place = `${attemptedOf(reply.method, reply.url)} (status ${reply.status})`;
  const list = await context.modelList(signal);
  if (list.status >= 200 && list.status <= 299 && modelNames(list.text) !== undefined) {
    return fail("not_found", `${reply.url.host} lists models but has no Responses API: ${place}`, {
      details: { ...details, api: "chat_completions" },
      remediation:
        "This server has only the Chat Completions API, but culvert uses the Responses API. Use a version of the " +
        "server that has it, or a gateway that converts between the two.",
    });
  }
  const suggestion = await suggestedBase(context, signal);
  const { provider } = await context.settings();
  // A turn reports a page of the server as that.
  const code = webPageIn(reply.headers, reply.text) === undefined ? "not_found" : "blocked";
  return fail(code, `There is no API at this base URL: ${place}`, {
    details: { ...details, ...(suggestion === undefined ? {} : { suggested_base_url: suggestion }) },
    remediation: suggestion === undefined
      ? `Check the path of the base URL of the provider "${provider.id}".`
      : `${suggestion}/models answers: use the base URL ${suggestion}.`,
    ...(suggestion === undefined ? {} : {
      next: (await context.commands()).respond({
        baseUrl: suggestion,
        // A base URL without a provider needs no `--provider`.
        ...(provider.id === "custom" ? {} : { provider: provider.id }),
      }),
    }),
  });
}

async function suggestedBase(context: DoctorContext, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await findBaseUrl(context, signal);
  } catch (error) {
    // The suggestion is optional: the finding stands without it.
    if (error instanceof CulvertError) return undefined;
    throw error;
  }
}

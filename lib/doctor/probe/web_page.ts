/**
 * Recognises a web page that came in place of a reply of the API: the page of a proxy, a filter, an edge network or
 * a network that requires a login.
 *
 * @module
 */
import { shownText } from "../../responses/failures/server_text.ts";
import { fail, type Finding } from "../check.ts";
import type { ProbeReply } from "./probe_reply.ts";

/** Headers by which the sender of a page can be recognised. */
const SENDER_HEADERS = ["server", "via", "x-squid-error", "cf-mitigated"];

/** Whether a reply is a web page. */
export function isWebPage({ headers, text }: Pick<ProbeReply, "headers" | "text">): boolean {
  return /html/i.test(headers.get("content-type") ?? "") || /^\s*<(!doctype html|html)\b/i.test(text);
}

/** Returns the finding for a web page. */
export function webPage(reply: ProbeReply, details: Finding["details"]): Finding {
  const { asked, headers, status } = reply;
  const title = titleOf(reply.text);
  const sender = SENDER_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [`${name}: ${shownText(value, []).slice(0, 80)}`];
  });
  const facts = [
    `status ${status}`,
    ...(title === undefined ? [] : [`title "${title}"`]),
    ...sender,
  ];
  return fail("blocked", `A web page came instead of a reply of the API (${facts.join(", ")})`, {
    details: { ...details, ...(title === undefined ? {} : { page_title: title }) },
    remediation: remedy(headers, asked.hostname),
  });
}

/** The remedy for a network that answers in place of the API. */
export const PORTAL_REMEDY =
  "Something between here and the API answers in its place: open a browser and log in to the network, or ask your " +
  "network team to let the proxy pass this host.";

function remedy(headers: Headers, host: string): string {
  if (headers.has("cf-mitigated") || headers.has("cf-ray")) {
    return "Cloudflare, the edge network of the provider, refuses this client, its address or its region. Use another " +
      "network or proxy. If it stays, send the cf-ray to the support of the provider.";
  }
  if (headers.has("via") || headers.has("x-squid-error")) {
    return `A proxy sent the page. Ask your network team to let it pass requests to ${host}.`;
  }
  return `${PORTAL_REMEDY} If the base URL is your own choice, check its path.`;
}

function titleOf(text: string): string | undefined {
  const title = shownText(/<title[^>]*>([^<]{1,200})/i.exec(text)?.[1] ?? "", []).trim().slice(0, 80);
  return title === "" ? undefined : title;
}

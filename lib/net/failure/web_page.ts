/**
 * Detects a web page that was received instead of an API reply: the block page of a web filter, the log-in
 * page of a network, the error page of a gateway.
 *
 * @module
 */
import { CLIENT_CERTIFICATE_ADVICE, NETWORK_LOGIN_ADVICE } from "./advice.ts";
import { senderOf, shownLine } from "./sender.ts";

/** Length of the part of a body that is searched for a title, characters. */
const SEARCHED = 65_536;

/** A web page, and the headers that show who sent it. */
export interface WebPage {
  /** The text of its `<title>`, if it has one. */
  readonly title?: string;
  /** Headers that name the sender, such as `server: Zscaler/6.2, via: 1.1 proxy`; empty if there are none. */
  readonly sender: string;
  /** Whether Cloudflare demands a browser check (`cf-mitigated`). */
  readonly isChallenge: boolean;
  /** Whether the page says that a client certificate is required, or was rejected (nginx, statuses 400, 495, 496). */
  readonly clientCertificate?: "required" | "rejected";
}

/**
 * Returns the page in a reply, or `undefined` if it contains none. A body counts as a page because of its
 * content type or its first tag.
 */
export function webPageIn(headers: Headers, body: string): WebPage | undefined {
  const type = headers.get("content-type") ?? "";
  if (
    !/\b(text\/html|application\/xhtml\+xml)\b/i.test(type) && !/^\s*<(!doctype\s+html|html)\b/i.test(body)
  ) {
    return undefined;
  }
  const title = /<title[^>]*>([^<]*)/i.exec(body.slice(0, SEARCHED))?.[1];
  const text = title === undefined ? "" : shownLine(decodeEntities(title));
  return {
    ...(text === "" ? {} : { title: text }),
    sender: senderOf(headers),
    isChallenge: headers.get("cf-mitigated") !== null,
    ...clientCertificateIn(text),
  };
}

function clientCertificateIn(title: string): Pick<WebPage, "clientCertificate"> {
  if (/No required SSL certificate was sent|SSL Certificate Required/i.test(title)) {
    return { clientCertificate: "required" };
  }
  return /The SSL certificate error|SSL Certificate Error/i.test(title)
    ? { clientCertificate: "rejected" }
    : {};
}

/** Describes a page: `a web page "Access Denied" (server: Zscaler/6.2) came instead of an API reply`. */
export function describeWebPage({ clientCertificate, sender, title }: WebPage): string {
  if (clientCertificate !== undefined) {
    const from = ` (${[`page "${title}"`, sender].filter((part) => part !== "").join(", ")})`;
    return clientCertificate === "required"
      ? `the server requires a client certificate${from}`
      : `the server rejected the client certificate${from}`;
  }
  return `a web page${title === undefined ? "" : ` "${title}"`}${sender === "" ? "" : ` (${sender})`} came ` +
    "instead of an API reply";
}

/**
 * Returns advice about whom to contact.
 *
 * @param host the host that was asked
 */
export function webPageHint(
  { clientCertificate, isChallenge, title }: WebPage,
  status: number,
  host: string,
): string {
  if (clientCertificate !== undefined) return CLIENT_CERTIFICATE_ADVICE[clientCertificate];
  // The title of nginx (1.22) for a request without TLS at a port with TLS.
  if (title !== undefined && /plain HTTP request was sent to HTTPS port/i.test(title)) {
    return `Write https:// instead of http:// in the address of ${host}.`;
  }
  if (isChallenge) {
    return `Cloudflare demands a browser check for ${host}, which no API client can pass. Try another network, or ` +
      "ask the owner of the site to allow API requests.";
  }
  if (status === 511) return NETWORK_LOGIN_ADVICE;
  if (status >= 200 && status <= 299) {
    return "If the network shows a login page in a browser, log in. Otherwise check base_url of the provider, or " +
      `ask your network team to allow requests to ${host}.`;
  }
  if (status === 404) {
    return `Check base_url of the provider. If it is correct, ask your network team to allow requests to ${host}.`;
  }
  return status >= 500
    ? `A gateway in front of ${host} failed. Try again; if the failure persists, ask the administrator of the gateway or proxy.`
    : `Ask your network team, or the administrator of the proxy, to allow requests to ${host}; report the ` +
      "title of the page and its sender to them.";
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

function decodeEntities(text: string): string {
  return text.replace(/&([a-z]+);/gi, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole);
}

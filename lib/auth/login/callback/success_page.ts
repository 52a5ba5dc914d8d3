/**
 * A page elsewhere that ends a login instead of the local one. (The codex client knows a third, "streamlined" one,
 * that offers to open a desktop app. There is none here.)
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { isLoopback } from "../../../net/route/route_table.ts";
import { redactUrl } from "../../../redaction/address.ts";

/**
 * Reads the address of such a page.
 *
 * @throws CulvertError `usage` for one that is neither https nor on this machine, or that holds user information
 */
export function parseSuccessUrl(text: string): URL {
  const url = URL.parse(text);
  const host = url?.hostname.replace(/^\[|\]$/g, "") ?? "";
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(host));
  if (url !== null && isSafe && url.username === "" && url.password === "") return url;
  throw new CulvertError("usage", `--success-url cannot be used: ${redactUrl(text)}`, {
    hint: "Give an https address, or an http one on this machine, without user and password.",
  });
}

/** The page with the query that it is told by (the codex client, 0.169.0); a query of its own is replaced. */
export function hostedPage(page: URL): string {
  const url = new URL(page);
  url.search = "source=login&app_brand=codex";
  return url.href;
}

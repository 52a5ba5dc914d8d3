import { CulvertError } from "../../../lib/errors.ts";
import type { HttpRequest } from "../../../lib/net/dialer/dialer.ts";
import { followUp } from "../../../lib/net/dialer/redirects.ts";
import { startProxy } from "../../support/proxy.ts";
import { assert, assertEquals, assertIncludes, assertThrows } from "../../support/assert.ts";
import { dialerFor, failureOf, get, httpServer, LEAF, textOf } from "../kit.ts";

const POST: HttpRequest = {
  method: "POST",
  url: new URL("https://api.example/v1/responses"),
  headers: {
    Authorization: "Bearer t",
    "ChatGPT-Account-ID": "acc",
    "X-Api-Key": "k",
    "x-secret-thing": "s",
    Cookie: "c=1",
    "Proxy-Authorization": "Basic x",
    "Content-Type": "application/json",
    Accept: "text/event-stream",
  },
  body: "{}",
};
const ALL = ["Authorization", "ChatGPT-Account-ID", "X-Api-Key", "x-secret-thing", "Cookie"];

Deno.test("a redirect to another origin forwards only headers from the list of harmless ones", () => {
  const headers = {
    "X-Corp-Pass": "p",
    "x-gateway": "k",
    session_id: "s",
    Accept: "*/*",
    "User-Agent": "u",
    "Accept-Encoding": "gzip",
  };
  const from: HttpRequest = { method: "GET", url: POST.url, headers };
  for (const status of [301, 302, 303, 307, 308]) {
    const namesAt = (to: string) => Object.keys(followUp(from, status, to)?.headers ?? {});
    assertEquals(namesAt("https://api.example/x"), Object.keys(headers));
    for (const to of ["https://other.example/x", "https://api.example:8443/x"]) {
      assertEquals(namesAt(to), ["Accept", "User-Agent", "Accept-Encoding"]);
    }
  }
});

Deno.test("a redirect that would send the body to another origin is refused with the name of that origin", () => {
  for (const [method, statuses] of [["POST", [307, 308]], ["PUT", [301, 302, 307, 308]]] as const) {
    for (const status of statuses) {
      for (const to of ["https://other.example/x", "https://api.example:8443/x", "//other.example/x"]) {
        assertThrows(
          () => followUp({ ...POST, method }, status, to),
          (error: unknown) => {
            assert(error instanceof CulvertError);
            assertEquals(error.code, "redirect");
            assertIncludes(error.message, new URL(to, POST.url).origin);
            assertIncludes(error.message, "would send the request body to another origin");
            return true;
          },
        );
      }
    }
  }
});

Deno.test("a request that forbids redirects returns the redirect as its reply", async () => {
  await using server = httpServer(() => new Response("moved", { status: 307, headers: { location: "/x" } }));
  using dialer = await dialerFor();
  const reply = await dialer.request({
    ...POST,
    url: new URL(`http://localhost:${server.port}/`),
    redirect: "manual",
  });
  assertEquals([reply.status, await textOf(reply)], [307, "moved"]);
});

Deno.test("method, body and headers of the next request depend on the status and the target", () => {
  const rows: readonly {
    readonly from?: Partial<HttpRequest>;
    readonly status: number;
    readonly to: string;
    readonly method: string;
    readonly body: boolean;
    readonly headers: readonly string[];
    readonly url?: string;
  }[] = [
    ...[301, 302, 303].map((status) => ({
      status,
      to: "/other",
      method: "GET",
      body: false,
      headers: [...ALL, "Accept"],
      url: "https://api.example/other",
    })),
    ...[307, 308].map((status) => ({
      status,
      to: "https://api.example:443/x",
      method: "POST",
      body: true,
      headers: [...ALL, "Content-Type", "Accept"],
    })),
    {
      status: 302,
      to: "//other.example/x",
      method: "GET",
      body: false,
      headers: ["Accept"],
      url: "https://other.example/x",
    },
    {
      from: { method: "PUT" },
      status: 302,
      to: "/x",
      method: "PUT",
      body: true,
      headers: [...ALL, "Content-Type", "Accept"],
    },
    {
      from: { method: "PUT" },
      status: 303,
      to: "/x",
      method: "GET",
      body: false,
      headers: [...ALL, "Accept"],
    },
    {
      status: 307,
      to: "https://user:pw@api.example/x",
      method: "POST",
      body: true,
      headers: [...ALL, "Content-Type", "Accept"],
      url: "https://api.example/x",
    },
  ];
  for (const row of rows) {
    const next = followUp({ ...POST, ...row.from }, row.status, row.to);
    assert(next !== undefined);
    const label = `${row.status} ${row.to}`;
    assertEquals(next.method, row.method, label);
    assertEquals(next.body !== undefined, row.body, label);
    assertEquals(Object.keys(next.headers), row.headers, label);
    if (row.url !== undefined) assertEquals(next.url.href, row.url);
  }
});

Deno.test("a reply that is not a redirect, or has no usable target, is returned unchanged", () => {
  for (
    const [status, location] of [[200, "/x"], [304, "/x"], [300, "/x"], [302, null], [
      302,
      "http://[",
    ]] as const
  ) {
    assertEquals(followUp(POST, status, location), undefined);
  }
});

Deno.test("a redirect from TLS to plain HTTP, or to another scheme, is refused with the name of the scheme", () => {
  for (
    const [location, part] of [["ftp://a/x", '"ftp"'], ["file:///etc/passwd", '"file"'], [
      "http://api.example/x",
      "which has no TLS",
    ]] as const
  ) {
    assertThrows(
      () => followUp(POST, 307, location),
      (error: unknown) =>
        error instanceof CulvertError && error.code === "redirect" && error.message.includes(part),
    );
  }
});

Deno.test("ten consecutive redirects are followed, the eleventh is refused", async () => {
  let requests = 0;
  await using server = httpServer((request) => {
    requests++;
    const left = Number(new URL(request.url).pathname.slice(1));
    if (left === 0) return new Response("there");
    return new Response(null, { status: 307, headers: { location: `/${left - 1}` } });
  });
  using dialer = await dialerFor();
  const reply = await dialer.request(get(`http://localhost:${server.port}/10`));
  assertEquals([await textOf(reply), reply.url.pathname, requests], ["there", "/0", 11]);
  requests = 0;
  const error = await failureOf(dialer.request(get(`http://localhost:${server.port}/11`)));
  assertEquals([error.code, requests], ["redirect", 11]);
});

Deno.test("each hop is routed separately, and another origin receives no credentials", async () => {
  const seen: Headers[] = [];
  const bodies: string[] = [];
  await using target = httpServer(async (request) => {
    seen.push(new Headers(request.headers));
    bodies.push(await request.text());
    return new Response("there");
  }, LEAF);
  await using first = httpServer(
    (request) =>
      new Response(null, {
        status: new URL(request.url).pathname === "/keep" ? 307 : 302,
        headers: { location: "https://api.test/x" },
      }),
    LEAF,
  );
  await using proxy = await startProxy({ leadTo: { host: "127.0.0.1", port: target.port } });
  using dialer = await dialerFor({ env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
  const reply = await dialer.request({
    ...POST,
    url: new URL(`https://localhost:${first.port}/`),
  });
  assertEquals([await textOf(reply), reply.route.kind, reply.url.host], ["there", "proxy", "api.test"]);
  assertEquals(proxy.seen.map((sighting) => sighting.target), ["api.test:443"]);
  assertEquals(bodies, [""]);
  const kept = { ...POST, url: new URL(`https://localhost:${first.port}/keep`) };
  assertEquals((await failureOf(dialer.request(kept))).code, "redirect");
  assertEquals(bodies, [""]);
  const headers = seen[0];
  assert(headers !== undefined);
  for (const name of ALL) assertEquals(headers.get(name), null, name);
  assertEquals(headers.get("accept"), "text/event-stream");
});

Deno.test("one deadline covers all hops", async () => {
  await using server = httpServer((request) =>
    new URL(request.url).pathname === "/slow"
      ? new Promise<Response>(() => {})
      : new Response(null, { status: 302, headers: { location: "/slow" } })
  );
  using dialer = await dialerFor();
  const error = await failureOf(
    dialer.request(get(`http://localhost:${server.port}/`, { headerTimeoutMs: 200 })),
  );
  assertEquals(error.code, "header_timeout");
  assertIncludes(error.message, "200 ms");
});

Deno.test("a request that accepts no redirect fails where a reply of status 3xx names a target", () => {
  const request: HttpRequest = { ...POST, redirect: "error" };
  for (const status of [300, 302, 307, 399]) {
    assertThrows(
      () => followUp(request, status, "https://elsewhere.example/token?secret=1"),
      (error: unknown) => {
        assert(error instanceof CulvertError);
        assertEquals([error.code, error.details["target"]], ["redirect", "https://elsewhere.example"]);
        assertEquals(error.message.includes("secret"), false);
        return true;
      },
    );
  }
  assertEquals(followUp(request, 304, null), undefined);
  assertEquals(followUp(request, 200, "https://elsewhere.example/"), undefined);
});

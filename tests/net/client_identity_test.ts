import { createPrivateKey } from "node:crypto";
import type { ClientIdentity } from "../../lib/net/client_identity.ts";
import { parseClientIdentity } from "../../lib/net/client_identity.ts";
import { CulvertError } from "../../lib/errors.ts";
import { createAuthority } from "../../lib/pki/pki.ts";
import { assert, assertEquals, assertIncludes, assertThrows } from "../support/assert.ts";
import { startProxy } from "../support/proxy.ts";
import { CA, dialerFor, failureOf, get, rawServer, textOf } from "./kit.ts";
import type { Dialer } from "../../lib/net/dialer/dialer.ts";
import { mutualTlsServer } from "./mutual_tls_server.ts";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const issued = await CA.issue({ commonName: "dev", names: ["dev.test"], usages: [CLIENT_AUTH] });
const identity: ClientIdentity = { certificate: issued.certificate, key: issued.privateKey };
const foreign = await (await createAuthority("Foreign")).issue({ commonName: "dev", usages: [CLIENT_AUTH] });

const file = (text: string, path = "/home/dev/client.pem") => ({ path, text });

Deno.test("a client certificate is presented on every leg, directly and through every kind of proxy", async (t) => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    await using server = await mutualTlsServer(version);
    await using plain = await startProxy();
    await using overTls = await startProxy({ tls: server.pair });
    for (const scheme of ["none", "http", "https", "socks5"]) {
      await t.step(`${version} by ${scheme}`, async () => {
        const proxy = scheme === "none"
          ? "none"
          : `${scheme}://localhost:${scheme === "https" ? overTls.port : plain.port}`;
        using dialer = await dialerFor({ proxy, identity });
        const url = `https://localhost:${server.port}/`;
        assertEquals(await textOf(await dialer.request(get(url))), "hello dev");
        const outcome = await dialer.openWebSocket({
          url: new URL(url.replace("https", "wss")),
          headers: {},
          connectTimeoutMs: 15_000,
        });
        assert(outcome.kind === "open");
        await outcome.channel.send("ping");
        assertEquals(await outcome.channel.receive(AbortSignal.timeout(15_000)), ["dev: ping"]);
        assertEquals((await outcome.channel.close()).clean, true);
        const stream = await dialer.connect({ host: "localhost", port: server.port }, { tls: true });
        assertEquals(stream.alpn, "http/1.1");
        const writer = stream.writable.getWriter();
        await writer.write(
          new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        );
        assertIncludes(await new Response(stream.readable).text(), "hello dev");
        stream.close();
      });
    }
  }
});

Deno.test("the error names a server that requires a client certificate, on every leg", async (t) => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    await using server = await mutualTlsServer(version);
    await using proxy = await startProxy();
    for (const way of ["none", `http://localhost:${proxy.port}`]) {
      await t.step(`${version}, ${way.replace(/\d+/, "")}`, async () => {
        using dialer = await dialerFor({ proxy: way });
        await assertRefused(dialer, server.port, "client_certificate_required");
      });
    }
  }
});

Deno.test("the error names a server that rejects the client certificate, for each TLS alert", async (t) => {
  for (
    const [alert, description] of [["bad_certificate", 42], ["unknown_ca", 48], [
      "access_denied",
      49,
    ]] as const
  ) {
    await t.step(alert, async () => {
      await using server = await rawServer((socket) =>
        socket.once("data", () => socket.end(Uint8Array.of(21, 3, 3, 0, 2, 2, description)))
      );
      using dialer = await dialerFor({ identity });
      await assertRefused(dialer, server.port, "client_certificate_rejected");
    });
  }
});

async function assertRefused(dialer: Dialer, port: number, condition: string): Promise<void> {
  const url = new URL(`https://localhost:${port}/`);
  const socket = { url: new URL(url.href.replace("https", "wss")), headers: {}, connectTimeoutMs: 15_000 };
  for (const attempt of [() => dialer.request(get(url.href)), () => dialer.openWebSocket(socket)]) {
    const error = await failureOf(attempt());
    const { message, code, details } = error;
    assertEquals([code, details["condition"]], ["tls_handshake", condition], message);
    assertIncludes(message, "client certificate");
    assertIncludes(error.hint ?? "", "--client-cert");
  }
}

Deno.test("the server's certificate is verified with and without a client certificate", async (t) => {
  const rows = [
    ["tls_bad_certificate", await CA.issue({ commonName: "localhost" })],
    [
      "tls_unknown_issuer",
      await (await createAuthority("Unknown")).issue({ commonName: "x", names: ["localhost"] }),
    ],
    ["tls_name_mismatch", await CA.issue({ commonName: "x", names: ["other.test"] })],
    [
      "tls_expired",
      await CA.issue({
        commonName: "x",
        names: ["localhost"],
        notBefore: Date.now() - 9e7,
        notAfter: Date.now() - 8e7,
      }),
    ],
  ] as const;
  for (const [code, pair] of rows) {
    await t.step(code, async () => {
      await using server = await mutualTlsServer("TLSv1.3", pair);
      using dialer = await dialerFor({ identity });
      const error = await failureOf(
        dialer.connect({ host: "localhost", port: server.port }, { tls: true }),
      );
      assertEquals(error.code, code, error.message);
      assertEquals((await failureOf(dialer.request(get(`https://localhost:${server.port}/`)))).code, code);
    });
  }
});

Deno.test("certificate and key are read from one file or from two, in each key format", async () => {
  const key = createPrivateKey(identity.key);
  const forms = [identity.key, String(key.export({ type: "sec1", format: "pem" }))];
  for (const form of forms) {
    const parsed = parseClientIdentity(file(`Bag Attributes\n${identity.certificate}`), file(form));
    assertEquals(parsed.certificate.trim(), identity.certificate.trim());
    const one = file(`${form}\n${identity.certificate}\n${CA.certificate}`);
    const chain = parseClientIdentity(one, one);
    assertEquals(chain.certificate.match(/BEGIN CERTIFICATE/g)?.length, 2);
    await using server = await mutualTlsServer("TLSv1.3");
    using dialer = await dialerFor({ identity: chain });
    assertEquals(await textOf(await dialer.request(get(`https://localhost:${server.port}/`))), "hello dev");
  }
});

Deno.test("an unusable client certificate or key is refused with the name of its file, and no part of the key is shown", () => {
  const key = createPrivateKey(identity.key);
  const encrypted = String(
    key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }),
  );
  const rows = [
    ["", identity.key, "no usable PEM certificate", "openssl pkcs12"],
    [
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      identity.key,
      "no usable PEM certificate",
      "",
    ],
    [identity.certificate, encrypted, "encrypted with a passphrase", "openssl pkey -in /keys/client.key"],
    [
      identity.certificate,
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n" +
      "-----END RSA PRIVATE KEY-----",
      "encrypted with a passphrase",
      "",
    ],
    [identity.certificate, "", "no usable PEM private key", "openssl pkcs12"],
    [identity.certificate, identity.key.replace(/[A-Z]{3}/g, "AAA"), "private key", ""],
    [
      identity.certificate,
      foreign.privateKey,
      "does not belong to the first certificate",
      "must be the first",
    ],
    [
      `${CA.certificate}${identity.certificate}`,
      identity.key,
      "does not belong to the first certificate",
      "",
    ],
  ] as const;
  for (const [certificate, text, says, hint] of rows) {
    assertThrows(
      () => parseClientIdentity(file(certificate), file(text, "/keys/client.key")),
      (error: unknown) => {
        assert(error instanceof CulvertError);
        assertEquals(error.code, "config");
        assertIncludes(error.message, says);
        assertIncludes(error.hint ?? "", hint);
        const secret = identity.key.split("\n")[1] ?? "";
        assert(!Deno.inspect(error).includes(secret));
        return true;
      },
    );
  }
});

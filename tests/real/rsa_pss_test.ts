import { explain } from "../../lib/net/failure/explain.ts";
import { examine } from "../../lib/net/diagnosis/probe.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { httpServer, trusting, worldWith } from "../net/kit.ts";
import { runToEnd } from "./peers/process.ts";

await testWith(
  ["openssl"],
  "a chain whose root has an RSA-PSS key is reported as not verifiable here, not as signed by another key",
  async () => {
    const directory = await Deno.makeTempDir({ prefix: "culvert-pss-" });
    const at = (name: string) => join(directory, name);
    const openssl = (...args: readonly string[]) => runToEnd("openssl", [...args]);
    try {
      await openssl(
        "genpkey",
        "-algorithm",
        "RSA-PSS",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-out",
        at("ca.key"),
      );
      await openssl(
        "req",
        "-x509",
        "-new",
        "-key",
        at("ca.key"),
        "-subj",
        "/CN=PSS Root",
        "-days",
        "2",
        "-out",
        at("ca.pem"),
      );
      await openssl(
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        at("key"),
        "-subj",
        "/CN=localhost",
        "-out",
        at("csr"),
      );
      await Deno.writeTextFile(at("ext"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n");
      await openssl(
        ...["x509", "-req", "-in", at("csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"],
        ...["-extfile", at("ext"), "-days", "2", "-out", at("leaf")],
      );
      const [certificate, privateKey, root] = await Promise.all(
        ["leaf", "key", "ca.pem"].map((name) => Deno.readTextFile(at(name))),
      );
      await using server = httpServer(() => new Response("x"), {
        certificate: certificate ?? "",
        privateKey: privateKey ?? "",
      });
      const url = new URL(`https://localhost:${server.port}/`);
      const route = { kind: "direct", reason: "test" } as const;
      const trust = trusting(root ?? "");
      const fault = { code: "tls_bad_certificate", at: "target", reason: "refused" } as const;
      const seen = await examine(fault, url, route, { trust, world: worldWith(), userAgent: "test" });
      const { hint = "", details } = explain(seen.fault, { url, route, trust }, seen.findings);
      assertEquals(details["issuer_origin"], "unverifiable", hint);
      assertIncludes(hint, "RSA-PSS");
      assertExcludes(hint, "is not the key that signed");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);

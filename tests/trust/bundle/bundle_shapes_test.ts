/**
 * Every accepted form of a bundle, tested by a handshake: a TLS server with a new CA, and a client that
 * trusts the certificates of the file.
 */
import { readBundle } from "../../../lib/trust/bundle/bundle_reader.ts";
import { assertEquals } from "../../support/assert.ts";
import { bundleShapes, describeSkipped } from "./bundle_shapes.ts";
import { request, startPrivateNetwork } from "../handshake.ts";

Deno.test("every form of bundle that another reader accepts gives a verified handshake", async (t) => {
  await using network = await startPrivateNetwork();
  await t.step("without the bundle the handshake fails", async () => {
    const failure = await request(network.server, []);
    if (!failure.includes("UnknownIssuer")) throw new Error(failure);
  });
  for (const row of await bundleShapes(network.authority)) {
    await t.step(row.name, async () => {
      const source = { kind: "file", name: "FILE", path: "/bundle" } as const;
      const bundle = readBundle(row.bytes, source, { now: Date.now() });
      assertEquals(
        bundle.certificates.map((certificate) => certificate.label),
        row.labels ?? ["CERTIFICATE"],
      );
      if (row.lines !== undefined) {
        assertEquals(bundle.certificates.map((certificate) => certificate.line), row.lines);
      }
      assertEquals(
        bundle.skipped.map(describeSkipped),
        row.skipped ?? [],
      );
      assertEquals(bundle.warnings.map((warning) => warning.code), row.warnings ?? []);
      const roots = bundle.certificates.map((certificate) => certificate.pem);
      assertEquals(await request(network.server, roots), "ok");
    });
  }
});

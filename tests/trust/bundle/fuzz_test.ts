/** Properties for hostile bytes: the result is a typed error or a usable bundle. */
import fc from "fast-check";
import { CulvertError } from "../../../lib/errors.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { checkRoot } from "../../../lib/trust/roots/system_roots.ts";
import { certificatePem } from "../../../lib/trust/encoding/base64.ts";
import { readBundle } from "../../../lib/trust/bundle/bundle_reader.ts";
import { certificateFacts } from "../../../lib/trust/certificate/certificate_facts.ts";
import { outlineCertificate } from "../../../lib/trust/certificate/certificate_outline.ts";
import {
  firstItemLength,
  readBerElement,
  readElement,
  withShortestLength,
} from "../../../lib/trust/encoding/der.ts";
import { formatName } from "../../../lib/trust/encoding/distinguished_name.ts";
import { readPemSections } from "../../../lib/trust/encoding/pem.ts";
import { readPkcs7 } from "../../../lib/trust/encoding/pkcs7.ts";
import { readExtensions } from "../../../lib/trust/certificate/certificate_extensions.ts";
import { readAux } from "../../../lib/trust/certificate/x509_aux.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import * as shape from "./shapes.ts";

const SOURCE = { kind: "file", name: "FILE", path: "/fuzz" } as const;
const ROOT = await createAuthority("Fuzz Root");
const RUNS = { numRuns: 2000 };

/** Fragments that break parsers when they are combined. */
const piece = fc.constantFrom(
  "-----BEGIN CERTIFICATE-----",
  "-----END CERTIFICATE-----",
  "-----BEGIN TRUSTED CERTIFICATE-----",
  "-----BEGIN X509 CRL-----",
  "-----END X509 CRL-----",
  "-----BEGIN PKCS7-----",
  "-----END PKCS7-----",
  "-----BEGIN ",
  "-----END ",
  "-----",
  "BEGIN",
  "\n",
  "\r",
  "\r\n",
  " ",
  "\t",
  ":",
  "=",
  "MIIB",
  "\ufeff",
  "\u2014",
  "\0",
  "Proc-Type: 4,ENCRYPTED",
  ROOT.certificate,
  shape.bodyOf(ROOT),
);
const bundleText = fc.array(fc.oneof({ weight: 4, arbitrary: piece }, fc.string({ maxLength: 8 })), {
  maxLength: 40,
})
  .map((pieces) => pieces.join(""));

/** The root's certificate with a few bytes changed, cut or doubled. */
const mutated = fc.record({
  edits: fc.array(fc.tuple(fc.nat(ROOT.der.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
  cut: fc.oneof({ weight: 3, arbitrary: fc.constant(ROOT.der.length) }, fc.nat(ROOT.der.length)),
}).map(({ edits, cut }) => {
  const bytes = ROOT.der.slice(0, cut);
  for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
  return bytes;
});
const binary = fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated);

function onlyTyped(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert(error instanceof CulvertError && error.code === "ca_invalid", String(error));
  }
}

Deno.test("any text is a bundle or a typed error, and each reported line is in the file", () => {
  fc.assert(
    fc.property(bundleText, (text) => {
      const lines = text.split(/\r\n|\n|\r/).length;
      onlyTyped(() => {
        const bundle = readBundle(shape.utf8(text), SOURCE, { now: 0 });
        for (const { line } of [...bundle.certificates, ...bundle.skipped]) {
          assert(line >= 1 && line <= lines);
        }
        for (const { der } of bundle.certificates) assertEquals(der, ROOT.der);
      });
    }),
    RUNS,
  );
});

Deno.test("any bytes are a bundle or a typed error", () => {
  fc.assert(fc.property(binary, (bytes) => onlyTyped(() => readBundle(bytes, SOURCE, { now: 0 }))), RUNS);
});

Deno.test("no root is lost: a valid block is found after any text that leaves no section open", () => {
  fc.assert(
    fc.property(bundleText, (text) => {
      // A newline, so that an incomplete BEGIN line does not include the next marker.
      const bundle = readBundle(shape.utf8(`${text}\n${ROOT.certificate}`), SOURCE, { now: 0 });
      assertEquals(bundle.certificates.at(-1)?.der, ROOT.der);
    }),
    RUNS,
  );
});

Deno.test("the outline and the TLS library find the same roots", () => {
  let taken = 0;
  fc.assert(
    fc.property(mutated, (bytes) => {
      const result = outlineCertificate(bytes);
      // The versions of the runtime differ for these, so the runtime is used as reference.
      if (result.ok && result.outline.unknownCritical !== undefined) return;
      const refusal = checkRoot(certificatePem(bytes));
      assertEquals(result.ok, refusal === undefined, refusal ?? "taken by the library");
      if (result.ok) taken++;
    }),
    { numRuns: 5000 },
  );
  assert(taken > 100, "the generator must leave enough of them whole");
});

Deno.test("every DER routine stays inside its buffer", () => {
  fc.assert(
    fc.property(binary, fc.nat(50), fc.nat(450), (bytes, offset, limit) => {
      for (const read of [readElement, readBerElement]) {
        const element = read(bytes, offset, limit);
        if (element === undefined) continue;
        assert(element.start === offset && element.contentStart <= element.contentEnd);
        assert(element.contentEnd <= element.end && element.end <= Math.min(limit, bytes.length));
      }
      const length = firstItemLength(bytes);
      assert(length === undefined || (length >= 2 && length <= bytes.length));
      if (length !== undefined) {
        const shortest = withShortestLength(bytes.subarray(0, length));
        assertEquals(firstItemLength(shortest), shortest.length);
      }
    }),
    RUNS,
  );
});

Deno.test("PKCS#7, trust settings, names and facts never throw", () => {
  const wrapped = shape.pkcs7([ROOT.der]);
  fc.assert(
    fc.property(binary, fc.nat(wrapped.length - 1), fc.nat(255), (bytes, at, value) => {
      const broken = wrapped.slice();
      broken[at] = value;
      for (const input of [bytes, broken]) {
        readPkcs7(input);
        readAux(input);
        formatName(input);
        certificateFacts(input);
        readExtensions(input);
      }
    }),
    RUNS,
  );
});

Deno.test("deep nesting is refused without a stack overflow", () => {
  const depth = 200_000;
  const open = new Uint8Array(depth * 2).map((_, index) => index % 2 === 0 ? 0x30 : 0x80);
  assertEquals(readBerElement(open, 0), undefined);
  onlyTyped(() => readBundle(open, SOURCE, { now: 0 }));
});

Deno.test("a megabyte of markers is read in linear time", () => {
  const time = (count: number) => {
    const text = "-----BEGIN CERTIFICATE-----\n".repeat(count);
    const begin = performance.now();
    assertEquals(readPemSections(text).length, count);
    return performance.now() - begin;
  };
  // The shortest of several alternating measurements, because other work of the machine slows some of them.
  let [small, large] = [Infinity, Infinity];
  for (let round = 0; round < 5; round++) {
    small = Math.min(small, time(4_000));
    large = Math.min(large, time(64_000));
  }
  // Sixteen times the input; quadratic would be 256 times the time.
  assert(large < Math.max(small, 1) * 100, `${large} ms to ${small} ms`);
});

Deno.test("long lines of blanks, dashes and headers are matched in linear time", () => {
  const long = 200_000;
  const begin = performance.now();
  for (
    const text of [
      " ".repeat(long) + "-----BEGIN X",
      `-----BEGIN ${" ".repeat(long)}`,
      `-----BEGIN ${"-".repeat(long)}`,
      "-".repeat(long),
      `-----END ${"A ".repeat(long / 2)}`,
      "\u2014".repeat(long) + "BEGIN",
      `-----BEGIN ${"----- ".repeat(long / 6)}x`,
    ]
  ) {
    onlyTyped(() => readBundle(shape.utf8(text), SOURCE, { now: 0 }));
  }
  assert(performance.now() - begin < 5000);
});

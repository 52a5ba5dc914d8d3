/**
 * The roots of the operating system and of the runtime, and the runtime's opinion on a root. It stands here,
 * behind the one door, since `node:tls` and `Deno.createHttpClient` can open connections; nothing in this file
 * does.
 *
 * On Linux and the BSDs the store is a file, and reading it ourselves costs a fifth of the processor time that
 * importing `node:tls` does (3 ms beside 15, Deno 2.9.6) and works on versions without `getCACertificates`
 * (2.4.2). On macOS and Windows the system must be asked.
 *
 * @module
 */
import type { RootSet, RootsReader } from "./roots_reader.ts";
import type { World } from "../../world/world.ts";

/**
 * Where distributions keep the store as one file; the first that exists is it. The list of OpenSSL builds as
 * the rustls-native-certs crate follows it: Debian, Fedora and RHEL (old and new place), SUSE, Alpine, FreeBSD.
 */
export const STORE_FILES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/var/lib/ca-certificates/ca-bundle.pem",
  "/etc/ssl/cert.pem",
  "/usr/local/share/certs/ca-root-nss.crt",
  "/usr/local/etc/ssl/cert.pem",
];

/** The loader of the OS roots obeys these by replacing the store, and throws when one is empty (Deno 2.9.6). */
const REPLACING_VARIABLES = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/** What a reader of the roots may be told, for tests and odd systems. */
export interface RootsReaderOptions {
  readonly world: World;
  /** Default: {@link STORE_FILES}; an empty list always asks the system. */
  readonly storeFiles?: readonly string[];
}

/**
 * Makes the reader of the machine's roots.
 *
 * @param options the world, whose variables are hidden from the system's loader
 */
export function rootsReader(options: RootsReaderOptions): RootsReader {
  const { world } = options;
  const files = options.storeFiles ??
    (Deno.build.os === "windows" || Deno.build.os === "darwin" ? [] : STORE_FILES);
  return {
    system: async () => await readStoreFile(files, world) ?? await askSystem(world),
    mozilla: () => askRuntime(world),
    checkRoot,
  };
}

async function readStoreFile(
  files: readonly string[],
  world: World,
): Promise<RootSet | undefined> {
  for (const path of files) {
    let bytes: Uint8Array;
    try {
      bytes = await Deno.readFile(path);
    } catch (error) {
      // Not on this distribution, or not for this user: the next place may be.
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) continue;
      return failed(path, error);
    }
    const plain = readPlainStore(bytes);
    if (plain !== undefined) return { pems: plain, origin: path, warnings: [] };
    const { readBundle } = await import("../bundle/bundle_reader.ts");
    try {
      const source = { kind: "file", name: "the system's store", path } as const;
      const bundle = readBundle(bytes, source, { now: world.now(), checkRoot });
      const dropped = bundle.warnings.filter((warning) => warning.code === "ca_certificate_skipped");
      return {
        pems: bundle.certificates.map((certificate) => certificate.pem),
        origin: path,
        warnings: dropped.map((warning) => ({ ...warning, code: "system_root_skipped" })),
      };
    } catch (error) {
      return failed(path, error);
    }
  }
  return undefined;
}

const BEGIN = "-----BEGIN CERTIFICATE-----\n";
const END = "-----END CERTIFICATE-----\n";
/** Characters of a line of a canonical block, its end included. */
const LINE = 65;

/**
 * The short way, which nearly every distribution's file can go: every block is canonical already, and the TLS
 * library, asked once about all of them, has no objection. A tenth of the time of reading them one by one.
 */
function readPlainStore(bytes: Uint8Array): readonly string[] | undefined {
  const text = new TextDecoder().decode(bytes);
  const blocks: string[] = [];
  for (let start = text.indexOf("-----BEGIN "); start >= 0;) {
    const end = text.indexOf(END, start);
    if (end < 0 || !text.startsWith(BEGIN, start) || !isCanonical(text, start + BEGIN.length, end)) {
      return undefined;
    }
    blocks.push(text.slice(start, end + END.length));
    start = text.indexOf("-----BEGIN ", end);
  }
  if (blocks.length === 0) return undefined;
  return checkRoots(blocks) === undefined ? [...new Set(blocks)] : undefined;
}

/**
 * Whether the Base64 between `start` and `end` is broken into lines where a canonical block's is. Which characters
 * it has is for the TLS library to judge; an expression that looked at each would take twice the time of all this.
 */
function isCanonical(text: string, start: number, end: number): boolean {
  let at = start;
  while (at + LINE < end) {
    at += LINE;
    if (text.charCodeAt(at - 1) !== 10) return false;
  }
  return end - at > 1 && text.charCodeAt(end - 1) === 10;
}

/** What Deno adds to `node:tls`; older versions, and its types, lack it. */
type ListCertificates = (kind: "system" | "bundled") => readonly string[];

async function listCertificates(): Promise<ListCertificates | undefined> {
  const { default: tls } = await import("node:tls");
  const list: unknown = Reflect.get(tls, "getCACertificates");
  if (typeof list !== "function") return undefined;
  return (kind) => {
    const found: unknown = Reflect.apply(list, tls, [kind]);
    return Array.isArray(found) ? found.filter((pem) => typeof pem === "string").map(canonical) : [];
  };
}

async function askSystem(world: World): Promise<RootSet> {
  const origin = "the system's own store";
  try {
    const list = await listCertificates();
    if (list === undefined) return failed(origin, new Error("this runtime cannot list the system's roots"));
    const found = world.withoutVariables(REPLACING_VARIABLES, () => list("system"));
    // Nobody checked these. Each is tried, so that one the runtime cannot use does not sink the client.
    const pems = [...new Set(found)].filter((pem) => checkRoot(pem) === undefined);
    if (pems.length === 0) return failed(origin, new Error("it is empty"));
    return { pems, origin, warnings: [] };
  } catch (error) {
    return failed(origin, error);
  }
}

async function askRuntime(world: World): Promise<RootSet> {
  const origin = "built into the runtime";
  try {
    const list = await listCertificates();
    const { rootCertificates } = await import("node:tls");
    const pems = list === undefined
      ? rootCertificates.map(canonical)
      : world.withoutVariables(REPLACING_VARIABLES, () => list("bundled"));
    return { pems: [...new Set(pems)], origin, warnings: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot list Mozilla's roots: ${reason}`;
    return { pems: [], origin, warnings: [{ code: "mozilla_roots_unread", message }] };
  }
}

/** The runtime writes the same block without its last newline. */
function canonical(pem: string): string {
  return `${pem.trim()}\n`;
}

/**
 * Asks the TLS library whether it takes a certificate as a root; nothing is connected.
 *
 * @param pem one canonical block
 * @returns its reason to refuse, or `undefined`
 */
export function checkRoot(pem: string): string | undefined {
  return checkRoots([pem]);
}

function checkRoots(pems: readonly string[]): string | undefined {
  try {
    Deno.createHttpClient({ caCerts: [...pems] }).close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function failed(origin: string, error: unknown): RootSet {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    pems: [],
    origin,
    warnings: [{
      code: "system_roots_unread",
      message: `Cannot read the roots of the operating system (${origin}): ${reason}. ` +
        "Mozilla's and those of the CA bundle are trusted",
    }],
  };
}

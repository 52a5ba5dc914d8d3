/**
 * Reads the roots of the operating system and of the runtime, and checks a root with the runtime's TLS
 * library. Opens no connection.
 *
 * On Linux and the BSDs the store is a file. Reading it costs a fifth of the processor time of importing
 * `node:tls` (3 ms instead of 15, Deno 2.9.6) and needs no system permission. On macOS and Windows an
 * interface of the system is used.
 *
 * @module
 */
import type { RootSet, RootsReader } from "./roots_reader.ts";
import type { World } from "../../world/world.ts";

/**
 * Files in which distributions keep the store; the first that exists is used. The list of OpenSSL builds, as in the
 * rustls-native-certs crate: Debian, Fedora and RHEL (old and new path), SUSE, Alpine, FreeBSD.
 */
const STORE_FILES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/var/lib/ca-certificates/ca-bundle.pem",
  "/etc/ssl/cert.pem",
  "/usr/local/share/certs/ca-root-nss.crt",
  "/usr/local/etc/ssl/cert.pem",
];

/**
 * If one of these is set, the runtime's loader replaces the system's roots, and throws if one is empty (Deno
 * 2.9.6).
 */
const REPLACING_VARIABLES = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/** Options of {@link rootsReader}. */
export interface RootsReaderOptions {
  readonly world: World;
  /**
   * Default: the known files of this system; with an empty list the interface of the system is always used.
   */
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
    system: async () => {
      const store = await readStoreFile(files, world) ?? await askSystem(world);
      const value = world.env("SSL_CERT_DIR");
      return value === undefined || value === "" ? store : await withFolders(store, world);
    },
    runtimeVariables: async () => {
      const isSet = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"].some((name) => (world.env(name) ?? "") !== "");
      if (!isSet) return { sets: [], warnings: [] };
      const { runtimeVariableRoots } = await import("./variable_roots.ts");
      return await runtimeVariableRoots(world, checkRoot);
    },
    mozilla: () => askRuntime(world),
    checkRoot,
  };
}

/** Adds the folders of `SSL_CERT_DIR` to the roots of the system. */
async function withFolders(store: RootSet, world: World): Promise<RootSet> {
  const { folderRoots } = await import("./variable_roots.ts");
  const { pems, warnings } = await folderRoots(world, new Set(store.pems), checkRoot);
  return {
    pems: [...store.pems, ...pems],
    origin: store.pems.length === 0 ? "SSL_CERT_DIR" : `${store.origin} and SSL_CERT_DIR`,
    // Roots from the folders replace a store that could not be read.
    warnings: [...pems.length === 0 ? store.warnings : [], ...warnings],
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
      // The file does not exist on this distribution, or is not readable; the next one is tried.
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
 * Reads a store in which every block is canonical, as in nearly every distribution. The TLS library checks
 * all blocks at once, which takes a tenth of the time of reading them one by one.
 *
 * @returns `undefined` if a block is not canonical or is refused
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
 * Returns whether the Base64 between `start` and `end` has lines as long as those of a canonical block. The TLS
 * library checks the characters; an expression for it would double the time.
 */
function isCanonical(text: string, start: number, end: number): boolean {
  let at = start;
  while (at + LINE < end) {
    at += LINE;
    if (text.charCodeAt(at - 1) !== 10) return false;
  }
  return end - at > 1 && text.charCodeAt(end - 1) === 10;
}

/** Lists roots as canonical blocks. `node:tls` is loaded on demand: it costs 15 ms of processor time (Deno 2.9.6). */
async function listRoots(kind: "system" | "bundled", world: World): Promise<readonly string[]> {
  const { getCACertificates } = await import("node:tls");
  const found = world.withoutVariables(REPLACING_VARIABLES, () => getCACertificates(kind));
  return [...new Set(found.map(canonical))];
}

async function askSystem(world: World): Promise<RootSet> {
  const origin = "the system's own store";
  try {
    // The runtime does not check these. Each is tested, so that one that it cannot use does not fail the
    // whole client.
    const pems = (await listRoots("system", world)).filter((pem) => checkRoot(pem) === undefined);
    if (pems.length === 0) return failed(origin, new Error("it is empty"));
    return { pems, origin, warnings: [] };
  } catch (error) {
    return failed(origin, error);
  }
}

async function askRuntime(world: World): Promise<RootSet> {
  const origin = "built into the runtime";
  try {
    return { pems: await listRoots("bundled", world), origin, warnings: [] };
  } catch (error) {
    // A program that embeds this one may lack the permission. Its user chose the roots of the system.
    if (error instanceof Deno.errors.NotCapable) {
      return { pems: [], origin: "not permitted without --allow-sys=ca", warnings: [] };
    }
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot list Mozilla's roots: ${reason}`;
    return { pems: [], origin, warnings: [{ code: "mozilla_roots_unread", message }] };
  }
}

/** Adds the final newline, which the runtime omits. */
function canonical(pem: string): string {
  return `${pem.trim()}\n`;
}

/**
 * Checks with the TLS library whether it accepts a certificate as a root. Opens no connection.
 *
 * @param pem one canonical block
 * @returns the reason of its refusal, or `undefined`
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

/** Shared by the tests of the network checks: a trusted API, and a port that accepts no connection. */
import { type MockApi, type MockApiOptions, startMockApi } from "../../lib/mock/api/api.ts";
import type { Report } from "../../lib/doctor/report/report.ts";
import { type Case, type Diagnose, diagnose, type Folder, folder, PLANTED_KEY } from "./kit.ts";

/** An API over TLS, its CA in a file, and a doctor that trusts it. */
export interface Ward extends AsyncDisposable {
  readonly api: MockApi;
  readonly files: Folder;
  /** Path of the API's CA. */
  readonly bundle: string;
  /** Runs the doctor for the API. The given parameters replace the defaults. */
  readonly diagnose: (given?: Case) => Promise<Report>;
}

/**
 * Starts an API.
 *
 * @param options of the API
 * @param examine runs the doctor
 */
export async function ward(options: MockApiOptions = {}, examine: Diagnose = diagnose): Promise<Ward> {
  const api = await startMockApi(options);
  const files = folder();
  const bundle = files.write("ca.pem", api.authority.certificate);
  return {
    api,
    files,
    bundle,
    diagnose: (given = {}) =>
      examine({
        url: api.baseUrl,
        ...given,
        env: { CULVERT_API_KEY: PLANTED_KEY, CODEX_CA_CERTIFICATE: bundle, ...given.env },
      }),
    [Symbol.asyncDispose]: async () => {
      await api.close();
      files[Symbol.dispose]();
    },
  };
}

/** Opens a port whose queue is full, so that a further connection is not answered. */
export async function fullPort(): Promise<{ readonly port: number } & Disposable> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const waiting: Deno.Conn[] = [];
  const late: Promise<Deno.Conn>[] = [];
  for (let full = false; !full;) {
    const opening = Deno.connect({ hostname: "127.0.0.1", port });
    const timer = Promise.withResolvers<undefined>();
    const id = setTimeout(() => timer.resolve(undefined), 300);
    const opened = await Promise.race([opening, timer.promise]);
    clearTimeout(id);
    if (opened === undefined) {
      late.push(opening);
      full = true;
    } else waiting.push(opened);
  }
  return {
    port,
    [Symbol.dispose]: () => {
      listener.close();
      for (const connection of waiting) connection.close();
      for (const opening of late) opening.then((connection) => connection.close(), () => {});
    },
  };
}

import { ModelCatalogue } from "../../../lib/api/catalogue/model_catalogue.ts";
import { asCulvertError } from "../../../lib/errors.ts";
import { type Handler, tokens } from "../../responses/kit.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { type ApiRig, apiRig } from "../kit.ts";

const LIST: Handler = ({ headers }) =>
  headers.get("if-none-match") === '"1"'
    ? new Response(null, { status: 304 })
    : Response.json({ models: [{ slug: "gpt-a", priority: 1, extra: { kept: true } }] }, {
      headers: { etag: '"1"' },
    });

/** A server with a model list, a `CODEX_HOME` and a clock that the test moves. */
interface Shop extends ApiRig {
  readonly catalogue: ModelCatalogue;
  readonly file: string;
  readonly clock: { now: number };
}

async function shop(
  handlers: readonly Handler[] = [LIST],
  mode: "chatgpt" | "apikey" = "chatgpt",
): Promise<Shop> {
  const codexHome = await Deno.makeTempDir({ prefix: "culvert-models-" });
  const clock = { now: Date.parse("2026-11-26T12:00:00Z") };
  const rig = apiRig(handlers, {
    provider: { requiresOpenAiAuth: true },
    authenticator: tokens(mode, "token-0123456789"),
    settings: { codexHome },
    now: () => clock.now,
  });
  return {
    ...rig,
    clock,
    file: join(codexHome, "models_cache.json"),
    catalogue: new ModelCatalogue(rig.connection),
    [Symbol.asyncDispose]: async () => {
      await rig[Symbol.asyncDispose]();
      await Deno.remove(codexHome, { recursive: true });
    },
  };
}

Deno.test("a list is cached in the format of the codex client, and requested again after 300 s with its ETag", async () => {
  await using place = await shop();
  const { catalogue, clock, file, seen } = place;
  assertEquals((await catalogue.list()).source, "server");
  assertEquals(JSON.parse(await Deno.readTextFile(file)), {
    fetched_at: "2026-11-26T12:00:00.000Z",
    etag: '"1"',
    client_version: "0.171.0",
    models: [{ slug: "gpt-a", priority: 1, extra: { kept: true } }],
  });
  clock.now += 299_000;
  assertEquals([(await catalogue.list()).source, seen.length], ["cache", 1]);
  clock.now += 1_000;
  const { models, source } = await catalogue.list();
  assertEquals([source, models.map(({ slug }) => slug), seen.length], ["confirmed", ["gpt-a"], 2]);
  assertEquals(seen[1]?.headers.get("if-none-match"), '"1"');
  assertEquals((await catalogue.list()).source, "cache");
});

Deno.test("two responses with another X-Models-Etag cause exactly one fetch", async () => {
  await using place = await shop([
    () => Response.json({ models: [] }, { headers: { etag: '"1"' } }),
    () => Response.json({ models: [{ slug: "new" }] }, { headers: { etag: '"2"' } }),
  ]);
  const { catalogue, seen } = place;
  await catalogue.list();
  await catalogue.noteEtag('"2"');
  assertEquals((await catalogue.list()).models.map(({ slug }) => slug), ["new"]);
  await catalogue.noteEtag('"2"');
  assertEquals([(await catalogue.list()).source, seen.length], ["cache", 2]);
});

Deno.test("a response with the known ETag extends the list once half of its lifetime is over", async () => {
  await using place = await shop();
  const { catalogue, clock, file } = place;
  await catalogue.list();
  const fetchedAt = async () => JSON.parse(await Deno.readTextFile(file)).fetched_at;
  clock.now += 100_000;
  await catalogue.noteEtag('"1"');
  assertEquals(await fetchedAt(), "2026-11-26T12:00:00.000Z");
  clock.now += 100_000;
  await catalogue.noteEtag('"1"');
  assertEquals(await fetchedAt(), "2026-11-26T12:03:20.000Z");
});

Deno.test("a cached list of another client version is not used, and a damaged one causes a note and no error", async () => {
  await using place = await shop();
  const { catalogue, file, observed, seen } = place;
  await catalogue.list();
  const cached = JSON.parse(await Deno.readTextFile(file));
  await Deno.writeTextFile(file, JSON.stringify({ ...cached, client_version: "0.1.0" }));
  assertEquals((await catalogue.list()).source, "server");
  await Deno.writeTextFile(file, "{");
  assertEquals([(await catalogue.list()).source, seen.length], ["server", 3]);
  assert(observed.some((one) => one.kind === "note" && one.message.includes("is not read")));
});

Deno.test("offline, the cached list is returned at any age, and without one the call fails", async () => {
  await using place = await shop();
  const { catalogue, clock, seen } = place;
  const error = asCulvertError(await catalogue.list({ refresh: "never" }).catch((thrown) => thrown));
  assertEquals([error.code, seen.length], ["usage", 0]);
  await catalogue.list();
  clock.now += 10_000_000;
  assertEquals([(await catalogue.list({ refresh: "never" })).source, seen.length], ["cache", 1]);
});

Deno.test("the list of an API key is never cached, because the file does not name its provider", async () => {
  await using place = await shop([() => Response.json({ data: [{ id: "m" }] })], "apikey");
  await place.catalogue.list();
  assertEquals([(await place.catalogue.list()).source, place.seen.length], ["server", 2]);
  assertEquals(await Deno.stat(place.file).catch(() => "none"), "none");
});

/**
 * `GET models` of the simulated API.
 *
 * @module
 */
import { Hono } from "hono";
import { MODELS_ETAG } from "../api/answer_headers.ts";
import { TIMED_EVENTS_PATH } from "../api/timed_events.ts";
import { authorized, type EndpointHost, jsonReply, notFound } from "./endpoint.ts";
import { backendList, MOCK_MODELS, platformList, platformModel } from "./model_list.ts";

/**
 * Returns the routes of the model list below a base path. A request that names a version of the client gets
 * the backend's form.
 */
export function modelRoutes(host: EndpointHost, isBackend: boolean): Hono {
  const app = new Hono();
  app.get(
    "/models",
    authorized(host, ({ req }) => {
      const headers = { etag: MODELS_ETAG, "culvert-timed-events": TIMED_EVENTS_PATH };
      if (req.header("if-none-match") === MODELS_ETAG) return new Response(null, { status: 304, headers });
      const version = req.query("client_version");
      return jsonReply(isBackend || version !== undefined ? backendList(version) : platformList(), headers);
    }),
  );
  app.get(
    "/models/:id",
    authorized(host, ({ req }) => {
      const id = req.param("id") ?? "";
      return MOCK_MODELS.includes(id)
        ? jsonReply(platformModel(id))
        : notFound(`The model '${id}' does not exist`);
    }),
  );
  return app;
}

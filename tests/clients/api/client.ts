// A program that knows the interface by its description alone: the types are generated from the document of a collector, and each
// call is made of it. Prints what came back, as JSON.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated.js";

declare const process: { argv: string[] };
const [baseUrl, site, key] = process.argv.slice(2) as [string, string, string];
const server = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } });
const page = createClient<paths>({ baseUrl });

const sent: components["schemas"]["NewResponses"] = {
  responses: [
    { id: "call-1", answers: [{ question: "rating", score: 4 }] },
    { id: "call-2", answers: [{ question: "rating", score: 9 }] },
  ],
};
const path = { site, survey: "feedback" };
const add = () => server.POST("/api/v1/sites/{site}/surveys/{survey}/responses", { params: { path }, body: sent });
const first = await add();
const again = await add();
const report = await server.GET("/api/v1/sites/{site}/reports/feedback/{survey}", { params: { path } });
const listed = report.data?.responses ?? [];
const one = await server.GET("/api/v1/sites/{site}/reports/responses/{id}", {
  params: { path: { site, id: listed[0]?.id ?? "" } },
});
const overview = await server.GET("/api/v1/sites/{site}/reports/overview", {
  params: { path: { site }, query: { range: "7d" } },
});
const reviews = await page.GET("/v1/reviews/{site}", { params: { path: { site }, query: { per_page: 1 } } });
const batch = await page.POST("/v1/batch", { body: { site, items: [{ type: "nothing" }] } });
const ready = await page.GET("/readyz", {});
const keyless = await page.GET("/api/v1/sites/{site}/reports/overview", { params: { path: { site } } });

// @ts-expect-error: there is no such address
page.GET("/v1/nothing", {}).catch(() => {});

console.log(
  JSON.stringify({
    first: first.data,
    again: again.data,
    report: report.data,
    one: one.data,
    overview: overview.data,
    reviews: reviews.data,
    batch: batch.data,
    ready: ready.data,
    keyless: [keyless.response.status, keyless.error?.detail],
  }),
);

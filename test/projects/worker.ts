/** The app as a Worker: where the service is comes with the request, and the report is the answer. */
import { check } from "./check.ts";

const worker = {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    return Response.json(await check({ baseUrl: searchParams.get("baseUrl") ?? "", apiKey: "sk_test_projects" }));
  },
};

// oxlint-disable-next-line import/no-default-export -- the runtime asks for it
export default worker;

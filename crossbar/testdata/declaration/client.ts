// What a program in TypeScript does with the API: requests say what is wanted and no defaults.
import createClient from "openapi-fetch";
import type { paths } from "./api";

const client = createClient<paths>({ baseUrl: "http://127.0.0.1:8000" });
const path = { account: "0123456789abcdef0123456789abcdef" };
const one = { ...path, id: "0123456789abcdef0123456789abcdef" };

export async function main(): Promise<string | undefined> {
  await client.PUT("/v2/user_auth", { body: { data: { credentials: "0", account_name: "acme" } } });
  const made = await client.PUT("/v2/accounts/{account}/functions", {
    params: { path },
    body: { data: { name: "hello", function_js: "return {module: 'hangup', data: {}};" } },
  });
  const name: string | undefined = made.data?.data?.name;
  // @ts-expect-error a function has a source
  await client.PUT("/v2/accounts/{account}/functions", { params: { path }, body: { data: { name: "hello" } } });
  await client.PATCH("/v2/accounts/{account}/functions/{id}", { params: { path: one }, body: { data: { enabled: false } } });
  await client.PUT("/v2/accounts/{account}/callflows", {
    params: { path },
    body: { data: { numbers: ["1000"], flow: { module: "tts", data: { text: "hi" } } } },
  });
  await client.PUT("/v2/accounts/{account}/menus", { params: { path }, body: { data: { name: "main" } } });
  await client.PUT("/v2/accounts/{account}/devices", { params: { path }, body: { data: { name: "desk" } } });
  await client.PUT("/v2/accounts/{account}/users", { params: { path }, body: { data: { first_name: "Ann", last_name: "Admin" } } });
  await client.PUT("/v2/accounts/{account}/temporal_rules", { params: { path }, body: { data: { name: "open", cycle: "daily" } } });
  await client.PUT("/v2/accounts/{account}/simulations", { params: { path }, body: { data: { To: "1000" } } });
  return name;
}

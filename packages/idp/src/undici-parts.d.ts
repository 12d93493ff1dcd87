/** undici describes what is in it only under its own name. */
declare module "undici/lib/global.js" {
  export { getGlobalDispatcher } from "undici";
}

declare module "undici/lib/api/api-request.js" {
  import type { Dispatcher } from "undici";

  /** `Dispatcher.request`, which is a method only where undici has been loaded whole. */
  const request: (this: Dispatcher, options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>;
  export default request;
}

/** undici describes its classes only under its own name. */
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici";
}

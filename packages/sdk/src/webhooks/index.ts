export type { DirectoryEvent, Envelope } from "../contract/envelope.ts";
export { ConfigError, ContractError, isDirsyncError, SignatureError, type SignatureReason } from "../errors.ts";
export { sign, verify, type SignOptions, type VerifyOptions } from "./signature.ts";

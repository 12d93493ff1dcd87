/** The core schema of a user (RFC 7643 §8.7). */
export const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
/** The core schema of a group (RFC 7643 §8.7). */
export const groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";
/** The enterprise extension of a user (RFC 7643 §4.3). */
export const enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/** The message that carries operations (RFC 7644 §8.2). */
export const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

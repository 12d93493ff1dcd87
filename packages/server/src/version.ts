/** Version of this package, told in the OpenAPI document. A test keeps it equal to package.json. */
export const version = "0.1.0";

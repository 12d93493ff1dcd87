/** Version of this package, sent in the user agent. A test keeps it equal to package.json. */
export const version = "0.1.0";

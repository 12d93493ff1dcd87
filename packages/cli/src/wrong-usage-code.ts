/** Code of an error in how the command was called, as against one in a file or the environment. */
export const wrongUsageCode = "wrong_usage";

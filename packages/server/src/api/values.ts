/**
 * The values of a parameter that takes several; null where it was not sent. Official SDKs write such a list in four ways:
 * `name=a,b` · `name=a&name=b` · `name[]=a` · `name[0]=a`.
 */
export function valuesOf(query: URLSearchParams, name: string): readonly string[] | null {
  const sent = [...query].filter(([key]) => key.replace(/\[\d*\]$/u, "") === name);
  if (sent.length === 0) return null;
  const values = sent.flatMap(([, value]) => value.split(",")).map((value) => value.trim());
  return [...new Set(values.filter((value) => value !== ""))];
}

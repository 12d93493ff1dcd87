/** How texts are compared where letter case does not count. */
export function fold(text: string): string {
  return text.toLowerCase();
}

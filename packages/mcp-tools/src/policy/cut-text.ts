/** Cuts a text at the last line that fits (or at the last character when no line does) and says how much was cut. */
export function cutText(text: string, maxLength: number): { readonly text: string; readonly cut: number } {
  if (text.length <= maxLength) return { text, cut: 0 };
  const line = text.lastIndexOf('\n', maxLength);
  let end = line > maxLength / 2 ? line : maxLength;
  const unit = text.charCodeAt(end - 1);
  if (unit >= 0xd800 && unit <= 0xdbff) end -= 1; // never half a character
  const cut = text.length - end;
  return { text: `${text.slice(0, end)}\n[${cut} characters left out: ask for less]`, cut };
}

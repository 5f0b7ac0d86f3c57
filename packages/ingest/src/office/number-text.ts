/** Number formats that every workbook has without listing them (ECMA-376 part 1, 18.8.30); the rest of 0 to 49 shows numbers as they are. */
const BUILT_IN: Readonly<Record<number, string>> = {
  1: '0',
  2: '0.00',
  3: '#,##0',
  4: '#,##0.00',
  9: '0%',
  10: '0.00%',
  14: 'yyyy-mm-dd',
  15: 'd-mmm-yy',
  16: 'd-mmm',
  17: 'mmm-yy',
  18: 'h:mm',
  19: 'h:mm:ss',
  20: 'h:mm',
  21: 'h:mm:ss',
  22: 'yyyy-mm-dd h:mm',
  27: 'yyyy-mm-dd',
  31: 'yyyy-mm-dd',
  36: 'yyyy-mm-dd',
  45: 'mm:ss',
  46: '[h]:mm:ss',
  50: 'yyyy-mm-dd',
  57: 'yyyy-mm-dd',
  58: 'yyyy-mm-dd',
};

export function builtInFormat(id: number): string {
  return BUILT_IN[id] ?? '';
}

/**
 * A stored number as people see it, without the locale: dates as `2026-03-18`, times as `14:05`, shares as `12.5%`, and as many
 * decimals as the format has. Thousands are not grouped, so that a search for the number finds it.
 */
export function numberText(value: number, format: string, date1904: boolean): string {
  const [first = ''] = format.split(';');
  const plain = first.replace(/"[^"]*"|\\.|_.|\*./g, '');
  const coded = plain.replace(/\[(?!h|m|s)[^\]]*\]/gi, '');
  if (/[ymdhs]/i.test(coded) && !/general/i.test(coded)) return dateText(value, coded, date1904);
  if (coded.includes('%')) return `${trimmed(value * 100, decimalsOf(coded) ?? 2)}%`;
  const decimals = decimalsOf(coded);
  if (decimals !== undefined && Math.abs(value) < 1e15) return value.toFixed(decimals);
  return trimmed(value, 10);
}

/** Decimals of `0.00` are 2, of `0` 0; `undefined` when the format does not say. */
function decimalsOf(format: string): number | undefined {
  const match = /[0#?,]*[0#?](?:\.([0#?]+))?/.exec(format);
  if (match === null || /e[+-]/i.test(format) || format.includes('/')) return undefined;
  const places = match[1] ?? '';
  return places.includes('#') ? undefined : Math.min(places.length, 10);
}

function trimmed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return String(value);
  return String(Number(value.toPrecision(15).includes('e') ? value : value.toFixed(decimals)));
}

/** Days since 1899-12-30 (1904-01-01 in files of old Macintosh programs). */
function dateText(value: number, format: string, date1904: boolean): string {
  const hasDate = /[yd]/i.test(format) || (/m/i.test(format) && !/[hs]/i.test(format));
  const hasTime = /[hs]/i.test(format);
  if (/\[h+\]/i.test(format)) {
    const minutes = Math.round(value * 1440);
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
  }
  const seconds = Math.round((value + (date1904 ? 1462 : 0) - 25_569) * 86_400);
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime()) || value < 0) return String(value);
  const iso = date.toISOString();
  const time = /s/i.test(format) ? iso.slice(11, 19) : iso.slice(11, 16);
  if (!hasDate) return time;
  return hasTime ? `${iso.slice(0, 10)} ${time}` : iso.slice(0, 10);
}

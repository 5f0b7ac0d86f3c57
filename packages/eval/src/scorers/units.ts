/** Dimension, factor to its base unit, names. Months and years stay apart from days, and working days too: their lengths vary. */
const TABLE: readonly (readonly [dimension: string, factor: number, ...names: string[]])[] = [
  ['percent', 0.01, '%', 'percent', 'per cent', 'percentage points', '百分点'],
  ['percent', 0.001, '‰'],
  ['percent', 0.0001, '‱'],
  ['percent', 1e-6, 'ppm'],
  ['length', 1000, 'km', '公里', '千米', 'kilometres', 'kilometers', 'kilometre', 'kilometer'],
  ['length', 1, 'm', '米', 'metres', 'meters', 'metre', 'meter'],
  ['length', 0.01, 'cm', '厘米', '公分', 'centimetres', 'centimeters'],
  ['length', 0.001, 'mm', '毫米', 'millimetres', 'millimeters'],
  ['length', 1e-6, 'μm', 'um', '微米', 'microns'],
  ['length', 1e-9, 'nm', '纳米'],
  ['length', 0.0254, 'inches', 'inch', '英寸'],
  ['length', 0.3048, 'ft', 'feet', 'foot', '英尺'],
  ['length', 1609.344, 'miles', 'mile', '英里'],
  ['area', 1, 'm2', 'm^2', 'sqm', '平方米', '平米', 'square metres', 'square meters'],
  ['area', 1e-4, 'cm2', 'cm^2', '平方厘米'],
  ['area', 1e-6, 'mm2', 'mm^2', '平方毫米'],
  ['area', 1e6, 'km2', 'km^2', '平方公里', '平方千米'],
  ['area', 1e4, 'ha', '公顷', 'hectares', 'hectare'],
  ['area', 10_000 / 15, '亩'],
  ['volume', 1000, 'm3', 'm^3', '立方米', '方', 'cubic metres', 'cubic meters'],
  ['volume', 1, 'l', 'L', '升', 'litres', 'liters', 'litre', 'liter'],
  ['volume', 0.001, 'ml', '毫升', 'cm3', 'cm^3', '立方厘米'],
  ['mass', 1000, 'kg', '公斤', '千克', 'kilograms', 'kilogram', 'kilos'],
  ['mass', 1, 'g', '克', 'grams', 'gram'],
  ['mass', 0.001, 'mg', '毫克'],
  ['mass', 500, '斤'],
  ['mass', 1e6, 't', 'T', '吨', 'tonnes', 'tonne', 'tons', 'ton', 'metric tons'],
  ['mass', 453.59237, 'lb', 'lbs'],
  ['time', 0.001, 'ms', '毫秒', 'milliseconds', 'millisecond'],
  ['time', 1, 's', '秒', '秒钟', 'seconds', 'second', 'sec'],
  ['time', 60, 'min', 'mins', '分钟', 'minutes', 'minute'],
  ['time', 3600, 'h', 'H', '小时', '钟头', 'hours', 'hour', 'hrs', 'hr'],
  ['time', 86400, 'd', '天', '日', '自然日', '日历日', 'calendar days', 'days', 'day'],
  ['time', 604800, '周', '星期', '礼拜', 'weeks', 'week'],
  ['working days', 1, '工作日', 'working days', 'working day', 'business days', 'business day'],
  ['months', 1, '个月', '月份', 'months', 'month'],
  ['months', 3, '个季度', 'quarters'],
  ['months', 12, '年', '周年', 'years', 'year', 'yrs', 'yr'],
  ['pressure', 1, 'Pa', '帕'],
  ['pressure', 1000, 'kPa', '千帕'],
  ['pressure', 1e6, 'MPa', '兆帕'],
  ['pressure', 1e5, 'bar', '巴'],
  ['pressure', 100, 'mbar', 'hPa'],
  ['pressure', 6894.757293168, 'psi'],
  ['force', 1, 'N', '牛'],
  ['force', 1000, 'kN', '千牛'],
  ['torque', 1, 'N·m', 'N.m', 'N⋅m', 'Nm', '牛米', '牛·米'],
  ['voltage', 1, 'V', 'v', '伏', '伏特', 'volts', 'volt'],
  ['voltage', 1000, 'kV', '千伏'],
  ['voltage', 0.001, 'mV', '毫伏'],
  ['voltage', 1e6, 'MV'],
  ['current', 1, 'A', '安', '安培', 'amps', 'amp'],
  ['current', 0.001, 'mA', '毫安'],
  ['current', 1000, 'kA'],
  ['current', 1e6, 'MA'],
  ['resistance', 1, 'Ω', '欧姆', 'ohms', 'ohm'],
  ['resistance', 1000, 'kΩ', '千欧'],
  ['resistance', 1e6, 'MΩ', '兆欧'],
  ['power', 1, 'W', 'w', '瓦', '瓦特', 'watts', 'watt'],
  ['power', 1000, 'kW', '千瓦', 'kilowatts', 'kilowatt'],
  ['power', 1e6, 'MW', '兆瓦'],
  ['power', 0.001, 'mW', '毫瓦'],
  ['energy', 3.6e6, 'kWh', 'kW·h', '千瓦时', '度电'],
  ['energy', 1, 'J', '焦耳'],
  ['energy', 1000, 'kJ', '千焦'],
  ['frequency', 1, 'Hz', '赫兹'],
  ['frequency', 1000, 'kHz'],
  ['frequency', 1e6, 'MHz'],
  ['frequency', 1e9, 'GHz'],
  ['revolutions/time', 1 / 60, 'rpm', 'r/min', '转/分', '转/分钟', '转每分钟'],
  ['sound', 1, 'dB', 'dB(A)', '分贝', 'decibels'],
  ['viscosity', 0.001, 'mPa·s', 'cP'],
  ['data', 1, 'bytes', 'byte', '字节'],
  ['data', 1e3, 'KB'],
  ['data', 1e6, 'MB'],
  ['data', 1e9, 'GB'],
  ['data', 1e12, 'TB'],
  ['celsius', 1, '°C', '° C', '摄氏度', 'degrees Celsius', 'degree Celsius', 'degrees C', 'deg C', 'Celsius'],
  ['fahrenheit', 1, '°F', '° F', '华氏度', 'degrees Fahrenheit', 'degrees F', 'Fahrenheit'],
  ['degrees', 1, '°', '度', 'degrees', 'degree'],
  ['cny', 1, '元', '块', '块钱', '圆', '元整', '元人民币', '人民币', 'RMB', 'CNY', 'yuan'],
  ['cny', 0.1, '角'],
  ['usd', 1, '美元', '美金', 'USD', 'dollars', 'dollar'],
  ['usd', 0.01, 'cents'],
  ['eur', 1, '欧元', 'EUR', 'euros', 'euro'],
  ['gbp', 1, '英镑', 'GBP'],
  ['jpy', 1, '日元', 'JPY', 'yen'],
  ['hkd', 1, '港元', '港币', 'HKD'],
];

export interface Unit {
  readonly dimension: string;
  readonly factor: number;
}

const exact = new Map<string, Unit>();
const folded = new Map<string, Unit>();
for (const [dimension, factor, ...names] of TABLE) {
  for (const name of names) {
    exact.set(name, { dimension, factor });
    if (!folded.has(name.toLowerCase())) folded.set(name.toLowerCase(), { dimension, factor });
  }
}

/** The unit of a name; case counts where it tells units apart (`mW`, `MW`) and for single letters, else `KG` and `Mpa` are read too. */
export function unitOf(name: string): Unit | undefined {
  return exact.get(name) ?? (/^[a-z]$/i.test(name) ? undefined : folded.get(name.toLowerCase()));
}

/** Alternatives of a regular expression, longest first. A Latin unit does not run on into a longer word: `5 m`, not `5 men`. */
export const UNIT_PATTERN = [...exact.keys()]
  .sort((a, b) => b.length - a.length)
  .map((name) => `${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}${/[a-z0-9]$/i.test(name) ? '(?![a-z0-9])' : ''}`)
  .join('|');

/** What stands before an amount of money. */
export const CURRENCIES: Readonly<Record<string, string>> = {
  '¥': 'cny',
  人民币: 'cny',
  rmb: 'cny',
  cny: 'cny',
  $: 'usd',
  us$: 'usd',
  usd: 'usd',
  '€': 'eur',
  eur: 'eur',
  '£': 'gbp',
  gbp: 'gbp',
  hk$: 'hkd',
  hkd: 'hkd',
  jpy: 'jpy',
};

/** Where most people of a country live, for countries with several time zones. */
const mainTimeZones: Readonly<Record<string, string>> = {
  AR: 'America/Argentina/Buenos_Aires',
  AU: 'Australia/Sydney',
  BR: 'America/Sao_Paulo',
  CA: 'America/Toronto',
  CD: 'Africa/Kinshasa',
  CL: 'America/Santiago',
  CN: 'Asia/Shanghai',
  CY: 'Asia/Nicosia',
  EC: 'America/Guayaquil',
  ES: 'Europe/Madrid',
  FM: 'Pacific/Pohnpei',
  GL: 'America/Nuuk',
  ID: 'Asia/Jakarta',
  KI: 'Pacific/Tarawa',
  KZ: 'Asia/Almaty',
  MH: 'Pacific/Majuro',
  MN: 'Asia/Ulaanbaatar',
  MX: 'America/Mexico_City',
  MY: 'Asia/Kuala_Lumpur',
  NZ: 'Pacific/Auckland',
  PF: 'Pacific/Tahiti',
  PG: 'Pacific/Port_Moresby',
  PS: 'Asia/Hebron',
  PT: 'Europe/Lisbon',
  RU: 'Europe/Moscow',
  UA: 'Europe/Kiev',
  US: 'America/New_York',
  UZ: 'Asia/Tashkent',
}

/** Time zones of a region: a property in Node 22, a method since; not among TypeScript's types yet. */
interface RegionLocale {
  getTimeZones?: () => string[] | undefined
  timeZones?: string[]
}

/**
 * The time zone that a country goes by, or most of its people.
 *
 * @param country ISO 3166-1, two capital letters.
 * @returns undefined when there is no such country, or nobody lives there
 */
export function mainTimeZone(country: string): string | undefined {
  const locale: Intl.Locale & RegionLocale = new Intl.Locale(`und-${country}`)
  return mainTimeZones[country] ?? (locale.getTimeZones?.() ?? locale.timeZones)?.[0]
}

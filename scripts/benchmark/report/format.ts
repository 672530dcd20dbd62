/** 1234567 → 1,235 k; small figures keep what matters. */
export function formatFigure(value: number | undefined, unit = ''): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const tail = unit === '' ? '' : ` ${unit}`;
  if (value >= 10_000) return `${Math.round(value / 1000).toLocaleString('en-US')} k${tail}`;
  if (value >= 100) return `${Math.round(value).toLocaleString('en-US')}${tail}`;
  if (value >= 10) return `${value.toFixed(1)}${tail}`;
  return `${value.toFixed(2)}${tail}`;
}

export const formatRatio = (value: number | undefined): string =>
  value === undefined ? '–' : `${value.toFixed(value >= 100 ? 0 : 2)} ×`;

export const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '–' : (bytes / 2 ** 20).toFixed(bytes < 100 * 2 ** 20 ? 1 : 0);

export const cellText = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

import { MEDIA } from '../file-type.ts';
import type { Reader } from '../reader.ts';

/**
 * Excel (XLSX): the tables of each sheet. Read by yauzl and saxes within our own limits: the libraries for it inflate a file before
 * anybody can count its bytes, and they bring writing, formulas and charts that nothing here uses.
 */
export const xlsxReader: Reader = {
  name: 'Excel',
  mediaTypes: [MEDIA.xlsx],
  extensions: ['xlsx', 'xlsm', 'xltx'],
  async read(bytes, options) {
    const { readXlsx } = await import('../office/read-xlsx.ts');
    return readXlsx(bytes, options);
  },
};

export { type Advice, type AdviceOptions, adviseOn } from './advice/advise.ts';
export type {
  CandidateResult,
  MeasuredCandidate,
  MeasureRetrieval,
  SegmentationCandidate,
} from './advice/segmentation-advice.ts';
export type { AdviceInput, Measured, Suggestion } from './advice/suggestion.ts';
export { type CleanOptions, cleanBlocks } from './clean-blocks.ts';
export { type CleanStep, cleanSteps } from './clean-text.ts';
export { documentToMarkdown } from './document-markdown.ts';
export {
  type DuplicateGroup,
  type DuplicateReport,
  type FindDuplicatesOptions,
  findDuplicates,
  type NearDuplicate,
  type VersionLink,
} from './duplicates/find-duplicates.ts';
export { detectFileType, type FileType } from './file-type.ts';
export {
  type Inventory,
  type InventoryInput,
  type InventoryOptions,
  type InventoryRow,
  inventoryOf,
  type UnreadFile,
} from './inventory/inventory-of.ts';
export { type InventoryWorkbookOptions, inventoryWorkbook } from './inventory/inventory-workbook.ts';
export { type DeclaredField, type DeclaredValue, extractFields } from './metadata/declared-fields.ts';
export { documentTypes } from './metadata/document-type.ts';
export { extractMetadata, type MetadataInput } from './metadata/extract-metadata.ts';
export { extractFieldsWithModel, type ModelFields, type ModelFieldsOptions } from './metadata/model-fields.ts';
export { type PageImages, type PageImagesOptions, pageImages } from './ocr/page-images.ts';
export { type ReadScannedPagesOptions, readScannedPages } from './ocr/read-scanned-pages.ts';
export { type PageImage, type RenderPagesOptions, renderPages } from './ocr/render-pages.ts';
export { createTesseractOcr, type LocalOcr, type TesseractOcrOptions } from './ocr/tesseract-ocr.ts';
export { createVisionOcr, type VisionOcrOptions } from './ocr/vision-ocr.ts';
export { readSheetRows, type SheetRows, type SheetRowsOptions } from './office/read-sheet-rows.ts';
export {
  createParserPool,
  type ParseFile,
  type ParserPool,
  type ParserPoolOptions,
  type PoolLimits,
} from './pool/parser-pool.ts';
export { type ReadDocumentOptions, readDocument } from './read-document.ts';
export {
  type BlockPlace,
  DEFAULT_READ_LIMITS,
  type DraftBlock,
  type DraftDocument,
  type OcrImage,
  type OcrLine,
  type OcrStep,
  type Reader,
  type ReaderOptions,
  type ReadLimits,
} from './reader.ts';
export { readerStamp } from './reader-stamp.ts';
export { readers } from './readers.ts';
export { type IngestReportOptions, ingestReport, type WrittenReport } from './report/ingest-report.ts';
export type { IngestReport, ReportDocument, ReportInput } from './report/report-data.ts';
export { type SegmentOptions, segmentDocument, segmenterStamp } from './segment/segment-document.ts';
export { strategies } from './segment/strategies.ts';
export type { Segment, SegmentStrategy, StrategyOptions } from './segment/strategy.ts';

// What a document says about itself, with the words it was taken from, and a field that the project declares.
//   node --conditions=@fieldkit/source packages/ingest/examples/metadata.ts
import assert from 'node:assert/strict';
import { extractFields, readDocument } from '@fieldkit/ingest';

const text = `差旅费管理办法

蓝岭财〔2026〕14号　2026年3月18日印发　密级：内部

第一章 总则

第一条 为控制差旅费支出，制定本办法。

第二条 本办法自2026年4月1日起施行。
`;
const document = await readDocument(Buffer.from(text), { uri: 'knowledge/travel.txt', tenant: 'acme' });
console.log(document.title, document.metadata);
assert.equal(document.title, '差旅费管理办法');
assert.equal(document.metadata.effective, '2026-04-01');
assert.equal(document.metadata.documentNumber, '蓝岭财〔2026〕14号');

const { secrecy } = extractFields(document, [{ name: 'secrecy', labels: ['Confidentiality', '密级'] }]);
console.log(secrecy);
assert.equal(secrecy?.value, '内部');

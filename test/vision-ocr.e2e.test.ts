import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runFieldkit, temporaryFolder, writeFiles } from './run-fieldkit.ts';

interface Asked {
  readonly model: string;
  readonly messages: { role: string; content: { type: string; image_url?: { url: string }; text?: string }[] }[];
}

let server: Server | undefined;
afterEach(() => void server?.close());

/** An endpoint that reads every picture as these lines, or refuses it. */
async function endpoint(
  answer: (asked: Asked) => { status: number; body: unknown },
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const own = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    if (request.method !== 'POST') {
      response.writeHead(404).end();
      return;
    }
    asked.push(JSON.parse(body));
    const { status, body: said } = answer(JSON.parse(body));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  });
  server = own;
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(own.address() as AddressInfo).port}/v1`, asked };
}

function completion(text: string): { status: number; body: unknown } {
  return {
    status: 200,
    body: {
      id: 'x',
      object: 'chat.completion',
      created: 1,
      model: 'sees',
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1200, completion_tokens: 40, total_tokens: 1240 },
    },
  };
}

/** A page that is one grey picture. */
function scan(): Buffer {
  const content = 'q 595 0 0 842 0 0 cm /I Do Q';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\n\x80\nendstream',
  ];
  let file = '%PDF-1.7\n';
  const offsets = objects.map((body, index) => {
    const at = file.length;
    file += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const start = file.length;
  file += `xref\n0 6\n0000000000 65535 f \n${offsets.join('')}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}

function project(url: string): string {
  const root = temporaryFolder();
  writeFiles(root, {
    'package.json': '{"type":"module"}',
    'fieldkit.config.ts': `export default {
      name: 'scans',
      endpoint: { profile: 'generic', baseUrl: '${url}', apiKey: 'none', models: { chat: 'sees' } },
      knowledge: { ocr: { engine: 'vision', model: 'chat' } },
    };`,
    'knowledge/.keep': '',
  });
  writeFileSync(join(root, 'knowledge', 'scan.pdf'), scan());
  return root;
}

it('reads a scanned page with a vision model of the endpoint, places included', async () => {
  const lines = [
    { text: '第三条　质保期为二十四个月。', box: [100, 100, 700, 120] },
    { text: 'Torque of the cover screws is 40 Nm.', box: [100, 200, 700, 220] },
  ];
  const { url, asked } = await endpoint(() => completion(JSON.stringify(lines)));
  const root = project(url);
  const ingested = await runFieldkit(['ingest', '--json', '--project', root]);
  expect(ingested.code, ingested.stderr).toBe(0);
  const [message] = asked[0]?.messages ?? [];
  expect(asked[0]?.model).toBe('sees');
  expect(message?.content.map(({ type }) => type)).toEqual(['image_url', 'text']);
  expect(message?.content[0]?.image_url?.url).toMatch(/^data:image\/png;base64,iVBOR/);
  const found = await runFieldkit(['search', 'torque cover screws', '--json', '--project', root]);
  expect(found.stdout).toContain('40 Nm');
  const [file] = JSON.parse(ingested.stdout).files;
  expect(JSON.stringify(file.findings)).toContain('ocr');
});

it('says why a page stays unread when the endpoint refuses pictures', async () => {
  const { url } = await endpoint(() => ({
    status: 400,
    body: { error: { message: 'this model takes no images', type: 'invalid_request_error', code: 'bad' } },
  }));
  const ingested = await runFieldkit(['ingest', '--json', '--project', project(url)]);
  expect(ingested.stdout).toMatch(/ocr-failed/);
  expect(ingested.stdout).toContain('this model takes no images');
});

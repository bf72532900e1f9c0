/** Documents as programs write them, made anew for each test. */
import { strToU8, zipSync, type Zippable } from 'fflate';

const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

export interface DocxParts {
  /** The content of `w:body` instead of paragraphs. */
  readonly body?: string;
  /** Stands before the root of the main part. */
  readonly prolog?: string;
  readonly more?: Zippable;
}

/** A Word document. */
export function makeDocx(paragraphs: readonly string[], parts: DocxParts = {}): Uint8Array {
  const body =
    parts.body ??
    paragraphs.map((text) => `<w:p><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`).join('');
  return zipSync({
    '[Content_Types].xml': strToU8(
      '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">' +
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
        '<Default Extension="xml" ContentType="application/xml"/>' +
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    ),
    '_rels/.rels': strToU8(
      `<?xml version="1.0"?><Relationships xmlns="${RELATIONS}"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>`,
    ),
    'word/document.xml': strToU8(
      `<?xml version="1.0"?>${parts.prolog ?? ''}<w:document xmlns:w="${WORD}"><w:body>${body}</w:body></w:document>`,
    ),
    ...parts.more,
  });
}

export interface PdfOptions {
  /** What `/Count` says, whatever there is. */
  readonly count?: number;
  /** Entries of the trailer, such as `/Encrypt 9 0 R`. */
  readonly trailer?: string;
  /** The content streams of the pages, instead of lines of text. */
  readonly contents?: readonly { readonly dictionary: string; readonly bytes: Uint8Array }[];
  readonly objects?: readonly string[];
}

/** A PDF with a page for each list of lines. */
export function makePdf(pages: readonly (readonly string[])[], options: PdfOptions = {}): Uint8Array {
  const contents =
    options.contents ??
    pages.map((lines) => ({ dictionary: '', bytes: Buffer.from(pageContent(lines), 'latin1') }));
  const kids = contents.map((_content, index) => `${4 + index * 2} 0 R`).join(' ');
  const objects: (string | Buffer)[] = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${options.count ?? contents.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    ...contents.flatMap(({ dictionary, bytes }, index) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + index * 2} 0 R >>`,
      Buffer.concat([
        Buffer.from(`<< /Length ${bytes.byteLength} ${dictionary} >>\nstream\n`),
        bytes,
        Buffer.from('\nendstream'),
      ]),
    ]),
    ...(options.objects ?? []),
  ];
  return writePdf(objects, options.trailer ?? '');
}

function pageContent(lines: readonly string[]): string {
  const escaped = lines.map((line) => `(${line.replaceAll(/[\\()]/g, String.raw`\$&`)}) Tj T*`);
  return `BT /F1 12 Tf 14 TL 72 720 Td ${escaped.join(' ')} ET`;
}

function writePdf(objects: readonly (string | Buffer)[], trailer: string): Uint8Array {
  const chunks = [Buffer.from('%PDF-1.4\n')];
  const offsets: number[] = [];
  let length = chunks[0]?.byteLength ?? 0;
  for (const [index, object] of objects.entries()) {
    offsets.push(length);
    const chunk = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      Buffer.from(object),
      Buffer.from('\nendobj\n'),
    ]);
    chunks.push(chunk);
    length += chunk.byteLength;
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const end = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${length}\n%%EOF\n`;
  return Buffer.concat([...chunks, Buffer.from(end)]);
}

const BPMN = 'http://www.omg.org/spec/BPMN/20100524/MODEL';

/** A BPMN file with these root elements. */
export function makeBpmn(roots: string, prolog = ''): Uint8Array {
  return strToU8(
    `<?xml version="1.0" encoding="UTF-8"?>\n${prolog}<bpmn:definitions xmlns:bpmn="${BPMN}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="http://flowgrid.test">${roots}</bpmn:definitions>`,
  );
}

/** A claim that is checked, and paid or refused; with lanes, a message, a time limit, data and a default way. */
export const CLAIM_DIAGRAM = `
<bpmn:collaboration id="c">
  <bpmn:participant id="insurer" name="Insurer" processRef="p"/>
  <bpmn:participant id="customer" name="Customer"/>
  <bpmn:messageFlow id="m1" sourceRef="customer" targetRef="start"/>
  <bpmn:messageFlow id="m2" sourceRef="inform" targetRef="customer"/>
</bpmn:collaboration>
<bpmn:process id="p" name="Claim handling" isExecutable="false">
  <bpmn:laneSet id="ls">
    <bpmn:lane id="l1" name="Clerk"><bpmn:flowNodeRef>start</bpmn:flowNodeRef><bpmn:flowNodeRef>check</bpmn:flowNodeRef><bpmn:flowNodeRef>complete</bpmn:flowNodeRef><bpmn:flowNodeRef>inform</bpmn:flowNodeRef></bpmn:lane>
    <bpmn:lane id="l2" name="Team lead"><bpmn:flowNodeRef>approve</bpmn:flowNodeRef></bpmn:lane>
  </bpmn:laneSet>
  <bpmn:startEvent id="start" name="Claim received"><bpmn:outgoing>f1</bpmn:outgoing><bpmn:messageEventDefinition/></bpmn:startEvent>
  <bpmn:userTask id="check" name="Check the claim"><bpmn:documentation>By the handbook.</bpmn:documentation>
    <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    <bpmn:dataInputAssociation id="di"><bpmn:sourceRef>form</bpmn:sourceRef></bpmn:dataInputAssociation>
    <bpmn:dataOutputAssociation id="do"><bpmn:targetRef>jira</bpmn:targetRef></bpmn:dataOutputAssociation>
  </bpmn:userTask>
  <bpmn:boundaryEvent id="late" name="Two days are over" attachedToRef="check"><bpmn:outgoing>f8</bpmn:outgoing><bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P2D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
  <bpmn:exclusiveGateway id="complete" name="Complete?" default="f4"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing><bpmn:outgoing>f4</bpmn:outgoing></bpmn:exclusiveGateway>
  <bpmn:businessRuleTask id="approve" name="Claim approval"><bpmn:incoming>f3</bpmn:incoming><bpmn:incoming>f8</bpmn:incoming><bpmn:outgoing>f5</bpmn:outgoing></bpmn:businessRuleTask>
  <bpmn:exclusiveGateway id="join"><bpmn:incoming>f5</bpmn:incoming><bpmn:incoming>f4</bpmn:incoming><bpmn:outgoing>f6</bpmn:outgoing></bpmn:exclusiveGateway>
  <bpmn:sendTask id="inform" name="Inform customer"><bpmn:incoming>f6</bpmn:incoming><bpmn:outgoing>f7</bpmn:outgoing></bpmn:sendTask>
  <bpmn:endEvent id="end" name="Claim closed"><bpmn:incoming>f7</bpmn:incoming></bpmn:endEvent>
  <bpmn:dataObject id="formData"/><bpmn:dataObjectReference id="form" name="Claim form" dataObjectRef="formData"/>
  <bpmn:dataStoreReference id="jira" name="Jira"/>
  <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="check"/>
  <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="complete"/>
  <bpmn:sequenceFlow id="f3" name="yes" sourceRef="complete" targetRef="approve"/>
  <bpmn:sequenceFlow id="f4" name="no" sourceRef="complete" targetRef="join"/>
  <bpmn:sequenceFlow id="f5" sourceRef="approve" targetRef="join"/>
  <bpmn:sequenceFlow id="f6" sourceRef="join" targetRef="inform"/>
  <bpmn:sequenceFlow id="f7" sourceRef="inform" targetRef="end"/>
  <bpmn:sequenceFlow id="f8" sourceRef="late" targetRef="approve"/>
</bpmn:process>`;

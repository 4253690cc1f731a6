// A small PDF and JPEG made here, so that no fetched file lies in the repository. The JPEG is a baseline 16×16 grey picture
// (ITU-T T.81) assembled from its tables.
export function samplePdf() {
  const objects = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>'];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((body, i) => {
    const at = text.length;
    text += `${i + 1} 0 obj\n${body}\nendobj\n`;
    return at;
  });
  const start = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map((o) => `${String(o).padStart(10, '0')} 00000 n \n`).join('')}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return new TextEncoder().encode(text);
}

export function sampleJpeg() {
  const segment = (marker, bytes) => [0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255, ...bytes];
  const quantisation = segment(0xdb, [0, ...Array(64).fill(16)]);
  const frame = segment(0xc0, [8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
  // One DC code (category 0, "0") and one AC code (end of block, "0").
  const dc = segment(0xc4, [0x00, 1, ...Array(15).fill(0), 0]);
  const ac = segment(0xc4, [0x10, 1, ...Array(15).fill(0), 0]);
  const scan = segment(0xda, [1, 1, 0x00, 0, 63, 0]);
  // Four blocks of two bits "00" each: all equal grey.
  return new Uint8Array([0xff, 0xd8, ...quantisation, ...frame, ...dc, ...ac, ...scan, 0x00, 0xff, 0xd9]);
}

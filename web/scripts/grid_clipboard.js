// What spreadsheets put on the clipboard: lines of cells between tabs; a cell with a tab, a line break or a quotation mark stands in
// quotation marks, which are doubled inside.

/** Text of the clipboard as rows of cells. */
export function cellsOf(text) {
  const rows = [[]];
  let cell = '';
  let quoted = false;
  const source = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (quoted && c === '"' && source[i + 1] === '"') cell += source[++i];
    else if (quoted && c === '"') quoted = false;
    else if (quoted) cell += c;
    else if (c === '"' && cell === '' && closes(source, i)) quoted = true;
    else if (c === '\t') rows.at(-1).push(cell), (cell = '');
    else if (c === '\n') rows.at(-1).push(cell), rows.push([]), (cell = '');
    else cell += c;
  }
  rows.at(-1).push(cell);
  return rows;
}

/** True when a quotation mark that opens a cell is also closed at the end of one: 5" is a length, not a quotation. */
function closes(source, at) {
  for (let i = at + 1; i < source.length; i++) {
    if (source[i] !== '"') continue;
    if (source[i + 1] === '"') i++;
    else return i + 1 === source.length || source[i + 1] === '\t' || source[i + 1] === '\n';
  }
  return false;
}

export function textOf(rows) {
  const quoted = (cell) => (/[\t\n"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((cells) => cells.map(quoted).join('\t')).join('\n');
}
